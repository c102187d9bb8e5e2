/** The tracer's part of a worker. */
const THREAD: string = new URL("./worker_thread.ts", import.meta.url).href;

/**
 * The module a worker is started with, as a `data:` URL: it makes the thread ready, and then loads the
 * worker's own module. Its imports are literals: Deno loads them with the permissions of the thread
 * that starts the worker then, as it would load the worker's own module.
 */
export function entryModule(specifier: string, redactModule: string | null): string {
  const hook = redactModule === null
    ? "const hook=undefined;"
    : `import hook from ${JSON.stringify(redactModule)};`;
  const module = JSON.stringify(specifier);
  const source = `import { begin } from ${JSON.stringify(THREAD)};${hook}` +
    `const loaded=await begin(hook,${module});` +
    `try{await import(${module})}finally{loaded()}`;
  return `data:text/javascript,${encodeURIComponent(source)}`;
}
