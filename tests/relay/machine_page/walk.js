// Runs in the page: goes through a scenario step by step, and measures after each.

/**
 * @typedef {object} Look What is seen after a step.
 * @property {string} sentence What it says.
 * @property {string} place Where it happens.
 * @property {string[]} hidden What it has marked and cannot be seen.
 * @property {boolean} isRead Whether all of the guide's words, to the last, are seen whole.
 * @property {boolean} isNeedless Whether something scrolled though all could be seen.
 * @property {string} fixed Where the guide's buttons are, and what has no cause to move.
 * @property {string[]} tooLarge What they speak of and has no room beside what has changed.
 * @property {number} subjects How many things the words at the end of a part speak of.
 */

/**
 * Goes to the beginning and presses the button for the next step until the scenario is through.
 *
 * @returns {Promise<Look[]>}
 */
export async function walk() {
  const byId = (id) => document.getElementById(id);
  const step = byId("step");
  const isNarrow = matchMedia("(max-width: 60rem)").matches;
  const scroller = byId(isNarrow ? "page" : "machine");
  const place = () => `${byId("steps").getAttribute("aria-activedescendant")}`;
  const name = (element) => `${element.tagName} ${element.className} "${element.textContent}"`;
  const spokenOf = () => [...document.querySelectorAll("#machine .subject")];
  const marked = () => [...document.querySelectorAll("#page .changed, #page .subject")];

  /** Whether an element is on top in its middle, and at its four edges. */
  const isSeen = (element) => {
    const { left, right, top, bottom } = element.getBoundingClientRect();
    const [x, y] = [(left + right) / 2, (top + bottom) / 2];
    const points = [[x, y], [left + 2, y], [right - 2, y], [x, top + 2], [x, bottom - 2]];
    return points.every((point) => element.contains(document.elementFromPoint(...point)));
  };
  /** Whether all was between the status and the lower edge before it was scrolled by `delta`. */
  const wasSeen = (elements, delta) => {
    const { top, bottom } = scroller.getBoundingClientRect();
    const edge = top + scroller.querySelector(".status").offsetHeight + 8;
    return elements.filter((element) => scroller.contains(element) && !element.closest(".status"))
      .every((element) => {
        const box = element.getBoundingClientRect();
        return box.top + delta >= edge && box.bottom + delta <= bottom - 8;
      });
  };
  /** Whether there is room for what is spoken of, up to an element, beside all that has changed. */
  const hasRoom = (element) => {
    const changed = [...document.querySelectorAll("#machine .changed:not(.status *)")];
    const spoken = spokenOf();
    const boxes = [...spoken.slice(0, spoken.indexOf(element) + 1), ...changed].map((one) =>
      one.getBoundingClientRect()
    );
    const [top, bottom] = [boxes.map(({ top }) => top), boxes.map(({ bottom }) => bottom)];
    return Math.max(...bottom) - Math.min(...top) <=
      scroller.clientHeight - scroller.querySelector(".status").offsetHeight - 16;
  };
  const boxOf = (id) => {
    const { x, y, width, height } = byId(id).getBoundingClientRect();
    return [id, x, y, width, height];
  };
  byId("steps").dispatchEvent(new KeyboardEvent("keydown", { key: "Home", bubbles: true }));
  const looks = [];
  let subjects = [];
  let tooLarge = [];
  while (/^(Do it|Step)/.test(step.textContent) && step.getAttribute("aria-disabled") === null) {
    const [from, scrolled] = [place(), scroller.scrollTop];
    step.click();
    for (let i = 0; place() === from && i < 1000; i++) await new Promise((go) => setTimeout(go, 2));
    const delta = scroller.scrollTop - scrolled;
    // What a step without a mark of its own leaves in sight.
    if (marked().some((element) => !element.closest(".status"))) {
      subjects = marked();
      tooLarge = spokenOf().filter((element) => !hasRoom(element));
    }
    looks.push({
      sentence: byId("sentence").textContent,
      place: byId("place").textContent,
      hidden: [...new Set([...marked(), ...subjects])]
        .filter((element) => element.isConnected && !tooLarge.includes(element) && !isSeen(element))
        .map(name),
      tooLarge: spokenOf().filter((element) => !hasRoom(element)).map(name),
      isRead: [...byId("now").children].every((element) =>
        element.getBoundingClientRect().bottom <= byId("now").getBoundingClientRect().bottom + 1
      ),
      subjects: spokenOf().length,
      // Where there is less than before it cannot stay.
      isNeedless: delta !== 0 && scrolled <= scroller.scrollHeight - scroller.clientHeight &&
        wasSeen(subjects, delta),
      fixed: JSON.stringify([
        ...["back", "step", "play", "end", "steps", "log"].map(boxOf),
        ...["cpus-title", "nodes-title", "channels-title"].map((id) => byId(id).offsetTop),
      ]),
    });
  }
  return looks;
}
