/** Keeps what the page loads, and gives it back when there is no network. What the network has goes first. */
const worker = self as unknown as ServiceWorkerGlobalScope;
const KEPT = "wordgru";
const PAGE = [
  "./",
  "models.json",
  "page.css",
  "page.js",
  "worker.js",
  "ort-wasm-simd-threaded.wasm",
  "icon.svg",
  "manifest.webmanifest",
];

worker.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(KEPT)
      .then((kept) => kept.addAll(PAGE))
      .then(() => worker.skipWaiting()),
  );
});

worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const isOurs = request.method === "GET" && request.url.startsWith("http");
  if (isOurs) event.respondWith(newest(request, (work) => event.waitUntil(work)));
});

async function newest(request: Request, inBackground: (work: Promise<unknown>) => void): Promise<Response> {
  try {
    const response = await fetch(request);
    if (response.ok) {
      const copy = response.clone();
      inBackground(caches.open(KEPT).then((kept) => kept.put(request, copy)));
    }
    return response;
  } catch (error) {
    const kept = await caches.match(request, { ignoreSearch: request.mode === "navigate" });
    if (kept) return kept;
    throw error;
  }
}
