// Draws CPUs, the notifier chain, nodes with their frames, and what can be ordered.
import { drawChannels } from "./channels.js";
import { doButton, h, hueOf, numberField, submit } from "./dom.js";
import { term } from "./glossary.js";

/** Frames in a row. */
const ROW = 16;

/** All of the machine. `view` is the state, what has changed in it, and why buttons cannot be pressed. */
export function drawMachine(view) {
  return [
    h("section", { "aria-labelledby": "cpus-title" }, [
      h("h2", { id: "cpus-title" }, term("cpu", "CPUs")),
      h("div.cpus", {}, view.state.cpus.map((cpu, number) => drawCpu(view, cpu, number))),
      drawChain(view),
    ]),
    h("section", { "aria-labelledby": "nodes-title" }, [
      h("h2", { id: "nodes-title" }, [
        term("node", "Nodes"),
        " and their ",
        term("frame", "page frames"),
      ]),
      h("div.nodes", {}, view.state.nodes.map((node, nid) => drawNode(view, node, nid))),
      drawLegend(),
    ]),
    drawChannels(view),
    drawOrders(view),
  ];
}

function drawCpu(view, cpu, number) {
  const path = `cpus.${number}`;
  const up = !cpu.online;
  const command = (frozen) => ({ do: "cpu", cpu: number, up, frozen });
  const plain = up ? "Bring up" : "Take down";
  const state = cpu.online
    ? cpu.active ? "online" : "online, not active"
    : cpu.active
    ? "offline, still active"
    : "offline";
  return h(
    "article.cpu",
    { class: [cpu.online ? "is-online" : "is-offline", view.changed(path)], "data-cpu": number },
    h("h3", {}, `CPU ${number}`, h("small", {}, ` node ${cpu.node}`)),
    h(
      "p.cpu-state",
      {},
      h("span.lamp", { "aria-hidden": "true" }, cpu.online ? "●" : "○"),
      " ",
      state === "offline, still active" ? term("frozen", state) : state,
    ),
    h("p.cpu-action", {}, cpu.action || " "),
    h(
      "div.buttons",
      {},
      doButton(plain, command(false), view.why, `${plain} CPU ${number}`),
      doButton("frozen", command(true), view.why, `${plain} CPU ${number}, frozen`),
    ),
  );
}

/** Who is asked, and what was answered in the operation under way. */
function drawChain(view) {
  const told = view.operation.flatMap(({ notifier }) => notifier ?? []);
  const actions = [...new Set(told.map(({ action }) => action))];
  const last = told.at(-1);
  const names = [...new Set(view.state.chain.map(({ name }) => name))];
  const priority = (name) => view.state.chain.find((one) => one.name === name).priority;
  const answerOf = (name, action) => {
    const calls = told.filter((call) => call.name === name && call.action === action);
    if (calls.length === 0) return "";
    return calls.at(-1).answer ?? "asked …";
  };
  const cell = (name, action) => {
    const answer = answerOf(name, action);
    const isLast = view.isCalling && last?.name === name && last.action === action;
    const kind = answer.startsWith("NOTIFY_BAD") ? "is-bad" : "";
    return h("td", { class: [kind, isLast ? "changed" : ""] }, answer.replace("NOTIFY_", ""));
  };
  return h("div.chain", {}, [
    h("table", {}, [
      h("caption", {}, [
        term("notifier", "Notifier chain"),
        " answers ",
        term("answer", "OK or BAD"),
        actions.length === 0 ? ": asked from top to bottom when a CPU comes or goes" : "",
      ]),
      h(
        "thead",
        {},
        h("tr", {}, [
          h("th", { scope: "col" }, "priority"),
          h("th", { scope: "col" }, "notifier"),
          actions.map((action) => h("th.action", { scope: "col" }, action.replace("CPU_", ""))),
        ]),
      ),
      h(
        "tbody",
        {},
        names.map((name) =>
          h("tr", {}, [
            h("td", {}, String(priority(name))),
            h("th", { scope: "row" }, h("code", {}, name)),
            actions.map((action) => cell(name, action)),
          ])
        ),
      ),
    ]),
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
  return h("article.node", { "data-node": nid }, [
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
    h("p.about", {}, term("counters", "Counted (numastat)")),
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
    h("li", {}, [sample("free.is-first.is-last", "8"), " free: a ", term("block"), " of 8 begins"]),
    entry(sample("data.hue0", "a0"), "channel alpha, buffer of CPU 0"),
    entry(sample("spare.hue0", "r"), "a ring's page that its reader has"),
    entry(sample("control.hue0", "c"), "a ring's control page"),
    entry(sample("fill", "×"), "taken to fill the node"),
  ]);
}

/** What can be ordered, and which locks are held. */
function drawOrders(view) {
  const { faults, veto, locks } = view.state;
  const fault = (what, label, k) =>
    h("form.order", {
      "data-form": "fail",
      "data-what": what,
      class: view.changed(`faults.${what}`),
    }, [
      h("label", {}, [
        `${label}, number `,
        numberField("k", "3", "1"),
        " from now on",
      ]),
      submit("Let it fail", view.why),
      doButton(
        "Call off",
        { do: "fail", what, k: 0 },
        view.why || (k === 0 ? "Nothing is ordered" : ""),
        `Call off the failure: ${label}`,
      ),
      h("output", {}, k === 0 ? "none will fail" : `number ${k} from now on will fail`),
    ]);
  const vetoButton = (action, label) =>
    h("button", {
      type: "button",
      "data-do": JSON.stringify({ do: "veto", action }),
      "aria-pressed": String(veto === action),
      "aria-disabled": view.why ? "true" : null,
      title: view.why || null,
    }, label);
  return h("section.orders", { "aria-labelledby": "orders-title" }, [
    h("h2", { id: "orders-title" }, [
      term("fault", "Failures ordered"),
      ", vetoes, ",
      term("lock", "locks"),
    ]),
    fault("page", "Page", faults.page),
    fault("slab", "Small allocation", faults.slab),
    h("div.order", { role: "group", "aria-label": "Veto", class: view.changed("veto") }, [
      h("span", {}, [h("code", {}, "workqueue_cpu_callback"), " refuses"]),
      vetoButton("none", "nothing"),
      vetoButton("up", "the next CPU to come up"),
      vetoButton("down", "the next CPU to go down"),
    ]),
    h(
      "ul.locks",
      {},
      Object.entries(locks).map(([name, held]) =>
        h("li", { class: [held ? "is-held" : "", view.changed(`locks.${name}`)] }, [
          h("span", { "aria-hidden": "true" }, held ? "● " : "○ "),
          h("code", {}, name),
          held ? " is held" : " is free",
        ])
      ),
    ),
  ]);
}
