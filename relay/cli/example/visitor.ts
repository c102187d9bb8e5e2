/** A worker that visits one page after the other. */
globalThis.addEventListener("message", async (event) => {
  const { origin, pages } = (event as MessageEvent).data;
  for (let i = 0;; i++) {
    try {
      const response = await fetch(`${origin}${pages[i % pages.length]}`);
      await response.body?.cancel();
    } catch {
      // The server has gone home.
      return;
    }
  }
});
