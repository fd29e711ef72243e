import { describe, it } from "node:test";

describe("x", () => it("y", () => undefined));
