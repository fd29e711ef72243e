/** The Worker of the package with a meter on its model, which is read over the channel "bench". */
import * as onnxruntime from "onnxruntime-web/wasm";
import { metered } from "./meter.js";
import "../src/worker.js";

const calls = metered(onnxruntime);
const channel = new BroadcastChannel("bench");
channel.addEventListener("message", () => channel.postMessage(calls.splice(0)));
