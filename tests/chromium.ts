import type { Browser } from "playwright-core";

/** Where Debian and others put it. */
const PATHS: readonly string[] = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
];

/** No window, no graphics, no connections of the browser's own. */
const ARGUMENTS: readonly string[] = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const executablePath: string | undefined = findChromium();

/** Whether there is no Chromium, or it may not be run: for `{ ignore }`. */
export const CHROMIUM_MISSING: boolean = executablePath === undefined;

/** Starts Chromium; it ends when what is returned is closed. */
export async function startChromium(): Promise<Browser> {
  const { chromium } = await import("playwright-core");
  return await chromium.launch({ executablePath: executablePath!, args: [...ARGUMENTS] });
}

function findChromium(): string | undefined {
  const needed = ["run", "read", "write", "env", "net", "sys"] as const;
  if (needed.some((name) => Deno.permissions.querySync({ name }).state !== "granted")) return;
  return PATHS.find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });
}
