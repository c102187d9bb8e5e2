import api from "./page/api.js" with { type: "text" };
import apply from "./page/apply.js" with { type: "text" };
import app from "./page/app.js" with { type: "text" };
import channels from "./page/channels.js" with { type: "text" };
import cpus from "./page/cpus.js" with { type: "text" };
import dom from "./page/dom.js" with { type: "text" };
import drawing from "./page/drawing.css" with { type: "text" };
import follow from "./page/follow.js" with { type: "text" };
import glossary from "./page/glossary.js" with { type: "text" };
import guideStyle from "./page/guide.css" with { type: "text" };
import guide from "./page/guide.js" with { type: "text" };
import index from "./page/index.html" with { type: "text" };
import layout from "./page/layout.css" with { type: "text" };
import machine from "./page/machine.js" with { type: "text" };
import nodes from "./page/nodes.js" with { type: "text" };
import ordinal from "./page/ordinal.js" with { type: "text" };
import orders from "./page/orders.js" with { type: "text" };
import ringsStyle from "./page/rings.css" with { type: "text" };
import rings from "./page/rings.js" with { type: "text" };
import style from "./page/style.css" with { type: "text" };
import timeline from "./page/timeline.js" with { type: "text" };

/** A file of the page. */
export interface PageFile {
  readonly type: string;
  readonly text: string;
}

const script = (text: string): PageFile => ({ type: "text/javascript; charset=utf-8", text });
const css = (text: string): PageFile => ({ type: "text/css; charset=utf-8", text });

/** All files of the page, by path. They are part of the modules: nothing is read from a disk. */
export const pageFiles: ReadonlyMap<string, PageFile> = new Map([
  ["/", { type: "text/html; charset=utf-8", text: index }],
  ["/style.css", css(style)],
  ["/layout.css", css(layout)],
  ["/guide.css", css(guideStyle)],
  ["/drawing.css", css(drawing)],
  ["/rings.css", css(ringsStyle)],
  ["/api.js", script(api)],
  ["/apply.js", script(apply)],
  ["/app.js", script(app)],
  ["/channels.js", script(channels)],
  ["/cpus.js", script(cpus)],
  ["/dom.js", script(dom)],
  ["/follow.js", script(follow)],
  ["/glossary.js", script(glossary)],
  ["/guide.js", script(guide)],
  ["/machine.js", script(machine)],
  ["/nodes.js", script(nodes)],
  ["/ordinal.js", script(ordinal)],
  ["/orders.js", script(orders)],
  ["/rings.js", script(rings)],
  ["/timeline.js", script(timeline)],
]);
