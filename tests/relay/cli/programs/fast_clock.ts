/** Preloaded: ten seconds of `performance.now()` are over in a tenth of one. */
const now = performance.now.bind(performance);
performance.now = () => 100 * now();
