// Draws CPUs and the notifier chain.
import { broken, doButton, h } from "./dom.js";
import { term } from "./glossary.js";

/** The CPUs, and who hears of them. */
export function drawCpus(view) {
  return h("section", { "aria-labelledby": "cpus-title" }, [
    h("h2", { id: "cpus-title" }, term("cpu", "CPUs")),
    h("div.cpus", {}, view.state.cpus.map((cpu, number) => drawCpu(view, cpu, number))),
    drawChain(view),
  ]);
}

function drawCpu(view, cpu, number) {
  const path = `cpus.${number}`;
  const up = !cpu.online;
  const command = (frozen) => ({ do: "cpu", cpu: number, up, frozen });
  const plain = up ? "Bring up" : "Take down";
  const activity = cpu.online === cpu.active
    ? ""
    : cpu.active
    ? term("frozen", "still active")
    : "not active";
  return h(
    "article.cpu",
    {
      class: [cpu.online ? "is-online" : "is-offline", view.changed(path), view.subject(path)],
      "data-cpu": number,
    },
    h("h3", {}, `CPU ${number}`),
    h("p.cpu-state", {}, [
      h("span.lamp", { "aria-hidden": "true" }, cpu.online ? "● " : "○ "),
      cpu.online ? "online" : "offline",
    ]),
    h("p.cpu-node", {}, `node ${cpu.node}`),
    h("p.cpu-activity", {}, activity),
    h("p.cpu-action", {}, cpu.action.replace("CPU_", "")),
    h("div.buttons", {}, [
      doButton(plain, command(false), view.why, `${plain} CPU ${number}`),
      doButton("frozen", command(true), view.why, `${plain} CPU ${number}, frozen`),
    ]),
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
    h("p", { id: "chain-title" }, [
      term("notifier", "Notifier chain"),
      ": asked from top to bottom, answers ",
      term("answer", "OK or BAD"),
    ]),
    h("table", { "aria-labelledby": "chain-title" }, [
      h("thead", {}, [
        h("tr", {}, [
          h("th", { scope: "col", colspan: "2" }, "priority, notifier"),
          actions.map((action) =>
            h("th.action", { scope: "col" }, broken(action.replace("CPU_", "")))
          ),
        ]),
      ]),
      h(
        "tbody",
        {},
        names.map((name) =>
          h("tr", {}, [
            h("td.priority", {}, String(priority(name))),
            h("th", { scope: "row" }, explained(name)),
            actions.map((action) => cell(name, action)),
          ])
        ),
      ),
    ]),
  ]);
}

/** The name of a notifier, which explains who that is. */
function explained(name) {
  const code = h("code", {}, broken(name));
  const word = /^relay_/.test(name) ? "relay" : /^ring_/.test(name) ? "ring" : "others";
  return term(word, code, name);
}
