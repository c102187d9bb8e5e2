import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { TraceData, unpackPage } from "../../../../relay/view/picture/page/trace_data.ts";
import { picturePage } from "../../../../relay/view/picture/picture_page.ts";
import { HOSTILE, serverData } from "./sample.ts";

/** Modules are read when a page is made, and uPlot may have to be fetched. */
const ignore = Deno.permissions.querySync({ name: "read" }).state !== "granted";

async function page(): Promise<string> {
  return (await picturePage(`a & <b> "c"`, serverData(50, 1))).join("");
}

Deno.test({
  name: "picturePage() has a title that is text",
  ignore,
  async fn() {
    const [head] = (await page()).split("<style>");
    assertStringIncludes(
      head.replace(/\s+/g, " "),
      `<title> a &amp; &lt;b> &quot;c&quot; </title>`,
    );
  },
});

Deno.test({
  name: "picturePage() holds what was collected, and no text of it in the clear",
  ignore,
  async fn() {
    const text = await page();
    assert(!text.includes(HOSTILE));
    const [, base64] = /<script type="text\/plain" id="data">([^<]*)<\/script>/.exec(text)!;
    const data = new TraceData(await unpackPage(base64));
    assertEquals(data.events, 250);
    assertEquals(data.facts.environments[""].hostname, "workshop");
  },
});

Deno.test({
  name: "picturePage() holds a program in which no name is declared twice",
  ignore,
  async fn() {
    const [, program] = /<script type="module">([^]*)<\/script>/.exec(await page())!;
    const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
    new AsyncFunction(`"use strict"; ${program}`);
    assert(!/^(import|export)\b/m.test(program));
  },
});

Deno.test({
  name: "picturePage() asks nothing of a network, and forbids it",
  ignore,
  async fn() {
    const text = await page();
    assertStringIncludes(text, "default-src 'none'");
    assert(!/(src|href)\s*=\s*["']?(https?:)?\/\//.test(text));
    assert(!/@import|url\(/.test(text));
  },
});

Deno.test({
  name: "picturePage() keeps the notice of uPlot's licence",
  ignore,
  async fn() {
    const text = await page();
    assertStringIncludes(text, "The MIT License (MIT)");
    assertStringIncludes(text, "Leon Sorokin");
  },
});
