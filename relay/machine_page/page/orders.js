// Draws what is ordered and which locks are held, and the forms that order it.
import { doButton, h, numberField, submit } from "./dom.js";
import { term } from "./glossary.js";
import { ordinal } from "./ordinal.js";

/** What a stand-in refuses next: by the name of the order, in short and in words. */
const vetoes = {
  none: ["none", "nothing"],
  up: ["next CPU up", "the next CPU to come up"],
  down: ["next CPU down", "the next CPU to go down"],
};

/** What is always in sight: allocations that will fail, a veto to come, locks. */
export function drawStatus(view) {
  const { faults, veto, locks } = view.state;
  const fault = (what, label) =>
    h("li", { class: [faults[what] ? "is-on" : "", view.changed(`faults.${what}`)] }, [
      `${label}: `,
      h("b", {}, faults[what] ? `the ${ordinal(faults[what])} from now on` : "none"),
    ]);
  return h("section.status", { "aria-label": "Ordered and held" }, [
    h("ul", { "aria-label": "Ordered" }, [
      h("li", {}, term("fault", "To fail")),
      fault("page", "page"),
      fault("slab", "small"),
      h("li", { class: [veto === "none" ? "" : "is-on", view.changed("veto")] }, [
        term("veto", "Veto"),
        ": ",
        h("b", {}, vetoes[veto][0]),
      ]),
    ]),
    h("ul", { "aria-label": "Locks" }, [
      h("li", {}, term("lock", "Locks")),
      Object.entries(locks).map(([name, held]) =>
        h("li", {
          class: [held ? "is-on" : "", view.changed(`locks.${name}`)],
          title: `${name} is ${held ? "held" : "free"}`,
        }, [
          h("span", { role: "img", "aria-label": held ? "held" : "free" }, held ? "● " : "○ "),
          h("code", {}, name),
        ])
      ),
    ]),
  ]);
}

/** The forms that order failures and vetoes. */
export function drawOrders(view) {
  const { faults, veto } = view.state;
  const fault = (what, label) =>
    h("form.order", { "data-form": "fail", "data-what": what }, [
      h("label", {}, [`${label}, number `, numberField("k", "3", "1"), " from now on"]),
      submit("Let it fail", view.why),
      doButton(
        "Call off",
        { do: "fail", what, k: 0 },
        view.why || (faults[what] === 0 ? "Nothing is ordered" : ""),
        `Call off the failure: ${label}`,
      ),
    ]);
  const vetoButton = ([action, [, label]]) =>
    doButton(label, { do: "veto", action }, view.why, "", {
      "aria-pressed": String(veto === action),
    });
  return h("section.orders", { "aria-labelledby": "orders-title" }, [
    h("h2", { id: "orders-title" }, ["Order ", term("fault", "failures"), " and a ", term("veto")]),
    fault("page", "Page"),
    fault("slab", "Small allocation"),
    h("div.order", { role: "group", "aria-label": "Veto" }, [
      h("span", {}, [h("code", {}, "workqueue_cpu_callback"), " refuses"]),
      Object.entries(vetoes).map(vetoButton),
    ]),
  ]);
}
