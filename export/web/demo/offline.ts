/** Keeping the page for when there is no network. */

const PATIENCE = 3000; // milliseconds that loading waits for the service worker at most

/**
 * Start the service worker, so that all that is loaded from now on is kept. Returns whether it is there.
 *
 * It is not on pages that are not served over https or from localhost, nor in some private windows.
 */
export async function keepForOffline(): Promise<boolean> {
  const workers = navigator.serviceWorker;
  if (!workers) return false;
  const controlled = new Promise<boolean>((settle) => {
    if (workers.controller) settle(true);
    workers.addEventListener("controllerchange", () => settle(true));
    setTimeout(() => settle(false), PATIENCE);
  });
  try {
    await workers.register(new URL("./service_worker.js", import.meta.url), { type: "module" });
  } catch (error) {
    console.warn(`the page will not work offline: ${(error as Error).message}`);
    return false;
  }
  return controlled;
}
