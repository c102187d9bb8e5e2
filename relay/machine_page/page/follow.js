// Brings what a step has changed, and what the words at the end of a part speak of, into sight, and moves nothing when it is.

const narrow = matchMedia("(max-width: 60rem)");
const calm = matchMedia("(prefers-reduced-motion: reduce)");

/** Room left around what is brought into sight. */
const MARGIN = 8;

/** Longer than a smooth scroll takes. */
const SCROLL_MS = 1000;

/** Where a scroll that is under way will end, and by when. */
let goal = { top: 0, until: 0 };

/** What was changed last: a step that changes nothing leaves it in sight. */
let subjects = [];

const byId = (id) => document.getElementById(id);

/** What holds the machine, and scrolls. */
const scroller = () => byId(narrow.matches ? "page" : "machine");

/** Another machine is seen from its beginning. */
export function showBeginning() {
  subjects = [];
  goal = { top: 0, until: 0 };
  scroller().scrollTop = 0;
}

/** Scrolls what holds the machine, as little as it takes, to what was changed. */
export function followChanges() {
  const frame = scroller();
  const status = byId("machine").querySelector(".status");
  // It stays in sight once it has come there.
  const isStatusSeen = boxOf(status).bottom <= boxOf(frame).bottom;
  // What is spoken of comes after, where there is room for both.
  const marked = ["#machine .changed, #log .changed", "#machine .subject"]
    .flatMap((selector) => [...document.querySelectorAll(selector)]);
  const changed = marked
    .filter((element) => frame.contains(element) && !(isStatusSeen && status.contains(element)));
  for (const element of changed) showInTable(element);
  subjects = changed.length > 0 ? changed : subjects.filter(({ isConnected }) => isConnected);
  const covered = status.offsetHeight;
  const room = frame.clientHeight - covered - 2 * MARGIN;
  const at = performance.now() < goal.until ? goal.top : frame.scrollTop;
  const span = spanOf(subjects, room);
  if (span === null || at === nearest(at, frame, covered, span)) return;
  // With the table, the node or the ring that it is in, where there is room for that.
  const around = union(
    subjects.map((element) => boxOf(element.closest(".chain, .node, .ring") ?? element)),
  );
  const to = nearest(at, frame, covered, around.bottom - around.top <= room ? around : span);
  const most = frame.scrollHeight - frame.clientHeight;
  const top = Math.max(0, Math.min(most, Math.round(to)));
  if (top === at) return;
  goal = { top, until: calm.matches ? 0 : performance.now() + SCROLL_MS };
  frame.scrollTo({ top, behavior: calm.matches ? "instant" : "smooth" });
}

/** Where to scroll to, as near as can be, so that all between two lines is seen. */
function nearest(at, frame, covered, { top, bottom }) {
  const origin = frame.getBoundingClientRect().top - frame.scrollTop;
  const last = top - origin - covered - MARGIN;
  const first = bottom - origin - frame.clientHeight + MARGIN;
  return Math.min(last, Math.max(first, at));
}

/** From where to where elements reach: all, or the ones of the step shown and those spoken of, or as many as there is room for. */
function spanOf(elements, room) {
  const fits = (span) => span !== null && span.bottom - span.top <= room;
  const all = union(elements.map(boxOf));
  if (all === null || fits(all)) return all;
  const now = elements.filter((element) => element.matches(".now, .subject"));
  const wanted = (now.length > 0 ? now : elements).map(boxOf);
  return wanted.reduce((span, box) => {
    const more = union([span, box]);
    return fits(more) ? more : span;
  }, wanted[0]);
}

const boxOf = (element) => element.getBoundingClientRect();

function union(boxes) {
  if (boxes.length === 0) return null;
  return {
    top: Math.min(...boxes.map(({ top }) => top)),
    bottom: Math.max(...boxes.map(({ bottom }) => bottom)),
  };
}

/** A table that is too wide scrolls by itself. */
function showInTable(element) {
  const table = element.closest(".chain");
  if (table === null) return;
  const [inner, outer] = [boxOf(element), boxOf(table)];
  if (inner.right > outer.right) table.scrollLeft += inner.right - outer.right + MARGIN;
  if (inner.left < outer.left) table.scrollLeft -= outer.left - inner.left + MARGIN;
}

/** Scrolls a list, and not the page. */
export function keepInSight(list, item) {
  if (item === null) return;
  const { offsetTop, offsetHeight } = item;
  if (offsetTop < list.scrollTop) list.scrollTop = offsetTop - 40;
  const bottom = offsetTop + offsetHeight - list.clientHeight;
  if (bottom > list.scrollTop) list.scrollTop = bottom + 40;
}
