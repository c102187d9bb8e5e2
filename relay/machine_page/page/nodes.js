// Draws nodes with their frames.
import { doButton, h, hueOf } from "./dom.js";
import { term } from "./glossary.js";

/** Frames in a row. */
const ROW = 16;

/** The nodes, and what the signs on their frames mean. */
export function drawNodes(view) {
  return h("section", { "aria-labelledby": "nodes-title" }, [
    h("h2", { id: "nodes-title" }, [
      term("node", "Nodes"),
      " and their ",
      term("frame", "page frames"),
    ]),
    h("div.nodes", {}, view.state.nodes.map((node, nid) => drawNode(view, node, nid))),
    drawLegend(),
  ]);
}

function drawNode(view, node, nid) {
  const path = `nodes.${nid}`;
  const { counters } = node;
  const count = (label, name) =>
    h("div", { class: view.changed(`${path}.counters.${name}`) }, [
      h("dt", {}, label),
      h("dd", {}, String(counters[name])),
    ]);
  return h("article.node", { class: view.subject(`nodes.${nid}`), "data-node": nid }, [
    h("h3", {}, `Node ${nid}`),
    h("p.node-facts", {}, [
      h(
        "span",
        { class: view.changed(`${path}.free`) },
        `${node.free} of ${node.frames.length} frames free`,
      ),
      h("span", {}, [
        term("zonelist"),
        `: ${node.zonelist.map((n) => `node ${n}`).join(", then ")}`,
      ]),
    ]),
    drawFrames(view, node, nid),
    h("p.about", {}, [term("counters", "numastat"), " has counted"]),
    h("dl.counters", {}, [
      count("hit", "numaHit"),
      count("miss", "numaMiss"),
      count("foreign", "numaForeign"),
      count("local", "localNode"),
      count("other", "otherNode"),
      h("div", { class: view.changed(`${path}.slabs`) }, [
        h("dt", {}, term("slab", "small")),
        h("dd", {}, String(node.slabs)),
      ]),
    ]),
    h("div.buttons", {}, [
      doButton("Fill", { do: "fill", node: nid }, view.why, `Fill node ${nid}`),
      doButton(
        "Give back",
        { do: "give", node: nid },
        view.why,
        `Give back what fills node ${nid}`,
      ),
    ]),
  ]);
}

/** Frames in rows; each row begins with the number of its first one. */
function drawFrames(view, { frames, startPfn }, nid) {
  const frame = (use, i) => {
    const pfn = startPfn + i;
    return drawFrame(use, pfn, view.changed(`nodes.${nid}.frames.${i}`), isReaders(view, use, pfn));
  };
  return h(
    "ol.frames",
    { "aria-label": `Frames of node ${nid}` },
    frames.map((use, i) => [
      i % ROW === 0 && h("li.row", { "aria-hidden": "true" }, String(startPfn + i)),
      frame(use, i),
    ]),
  );
}

/** Whether a frame is in the sub-buffer that the reader of an overwriting ring has for itself. */
function isReaders({ state }, use, pfn) {
  const [, channel, cpu] = use.split(":");
  const ring = state.channels[channel]?.buffers[cpu]?.ring;
  return ring?.frames[ring.readerSubbuf]?.includes(pfn) ?? false;
}

function drawFrame(use, pfn, changed, isOfReader) {
  const [kind, a, b, c] = use.split(":");
  switch (kind) {
    case "free": {
      const [first, size] = [Number(a), 2 ** Number(b)];
      const edges = [pfn === first ? "is-first" : "", pfn === first + size - 1 ? "is-last" : ""];
      const title = `Frame ${pfn}: free, in a block of ${size} from frame ${first} on`;
      return h(
        "li.frame.free",
        { class: [...edges, changed], title },
        pfn === first ? String(size) : "",
      );
    }
    case "data":
    case "spare": {
      const what = kind === "data"
        ? `page ${c} of ${a}'s buffer of CPU ${b}`
        : `taken as the spare page of ${a}'s ring of CPU ${b}`;
      const where = isOfReader ? ", in the reader's hands" : "";
      return h(`li.frame.${isOfReader ? "spare" : "data"}`, {
        class: [`hue${hueOf(a)}`, changed],
        title: `Frame ${pfn}: ${what}${where}`,
      }, isOfReader ? "r" : `${a[0]}${b}`);
    }
    case "control":
      return h("li.frame.control", {
        class: [`hue${hueOf(a)}`, changed],
        title: `Frame ${pfn}: control page of ${a}'s ring of CPU ${b}`,
      }, "c");
    default:
      return h(
        "li.frame.fill",
        { class: changed, title: `Frame ${pfn}: taken to fill the node` },
        "×",
      );
  }
}

function drawLegend() {
  const entry = (frame, text) => h("li", {}, [frame, ` ${text}`]);
  const sample = (name, text) => h(`span.frame.${name}`, { "aria-hidden": "true" }, text);
  return h("ul.legend", { "aria-label": "What the frames mean" }, [
    h("li", {}, [sample("free.is-first.is-last", "8"), " a free ", term("block"), " of 8 begins"]),
    entry(sample("data.hue0", "a0"), "alpha, CPU 0"),
    h("li", {}, [sample("spare.hue0", "r"), " ", term("exchange", "the reader's")]),
    h("li", {}, [sample("control.hue0", "c"), " ", term("control")]),
    entry(sample("fill", "×"), "fills the node"),
  ]);
}
