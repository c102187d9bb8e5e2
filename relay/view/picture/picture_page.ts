import { stripTypeScriptTypes } from "node:module";
import { EXPRESSION_HELP } from "../expression_help.ts";
import type { PageParts } from "./page_parts.ts";

/**
 * The pieces of a page that shows what a {@linkcode PictureData} has collected: to be written one
 * behind the other. The page is whole in itself, and asks no network for anything.
 */
export async function picturePage(title: string, data: Uint8Array<ArrayBuffer>): Promise<string[]> {
  const { template, styles, library, modules } = await loadParts();
  const values: Readonly<Record<string, string>> = {
    title: escaped(title),
    search: EXPRESSION_HELP.map(helpParagraph).join("\n"),
    styles: `<style>\n${styles}</style>`,
    data: `<script type="text/plain" id="data">${(await compressed(data)).toBase64()}</script>`,
    library: `<script>\n${library}</script>`,
    program: `<script type="module">\n${modules.map(plainScript).join("\n")}</script>`,
  };
  return template.split(/<!-- (\w+) -->/).map((piece, i) => i % 2 === 0 ? piece : values[piece]);
}

/**
 * The parts are found when the program runs, not in its source: the registry takes no package whose modules
 * import text, and uPlot is fetched only for those who make a page.
 */
async function loadParts(): Promise<PageParts> {
  const module = new URL("./page_parts.ts", import.meta.url).href;
  return (await import(module)).parts;
}

/**
 * A module without its types, imports and exports: in the page all of them are one module, so they
 * have no name twice.
 */
function plainScript(source: string): string {
  return stripTypeScriptTypes(source)
    .replace(/^import\s[^;]*;$/gm, "")
    .replace(/^export /gm, "")
    .replace(/[ \t]+$/gm, "")
    .replace(/\n{2,}/g, "\n");
}

/** What stands in backticks is code. */
function helpParagraph(text: string): string {
  return `<p>${escaped(text).replace(/`([^`]*)`/g, "<code>$1</code>")}</p>`;
}

async function compressed(data: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([data]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function escaped(text: string): string {
  const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", '"': "&quot;" };
  return text.replace(/[&<"]/g, (character) => entities[character]);
}
