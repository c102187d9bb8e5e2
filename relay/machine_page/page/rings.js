// Draws a ring: the places the writer goes round, and the sub-buffer in the reader's hands.
import { h } from "./dom.js";
import { term } from "./glossary.js";

/** The ring on a buffer. */
export function drawRing(view, { name, cpu, channel, buffer }) {
  const { ring } = buffer;
  const path = `channels.${name}.buffers.${cpu}.ring`;
  const size = channel.subbufSize;
  const next = Math.floor(ring.consumed / size) % channel.nSubbufs;
  const drawPlace = (place, i) => {
    const isReader = i === next;
    return h("li.place", {
      class: [place.writing ? "is-writing" : "", view.changed(`${path}.places.${i}`)],
    }, [
      h("span.marks", {}, [
        place.writing && h("abbr.mark", { title: "The writer is here" }, "writer"),
        isReader && h("abbr.mark", {
          class: view.changed(`${path}.consumed`),
          title: "The reader will ask for this place next",
        }, "next read"),
      ]),
      h("span.page-number", {}, `place ${i}`),
      h("b.subbuf-in", {}, `sub-buffer ${place.subbuf}`),
      h("span.page-text", {}, ring.texts[place.subbuf] ? `“${ring.texts[place.subbuf]}”` : ""),
      h("span.place-state", {}, placeState(place, ring, size)),
      place.writing && drawLevel(ring, size),
    ]);
  };
  return h("div.ring", {}, [
    h("ol.places", { "aria-label": "Places, in the order of writing" }, ring.places.map(drawPlace)),
    h("span.wrap", { title: "After the last place comes the first" }, "↩ place 0"),
    drawReader(view, ring, path),
    h("dl.counters", {}, [
      fact("reserved", ring.reserved, view.changed(`${path}.reserved`)),
      fact("committed", ring.committed, view.changed(`${path}.committed`)),
      fact("consumed", ring.consumed, view.changed(`${path}.consumed`)),
      fact("missed", ring.missed, view.changed(`${path}.missed`)),
      fact(
        "lost",
        Object.values(ring.lost).reduce((sum, n) => sum + n, 0),
        view.changed(`${path}.lost`),
      ),
    ]),
    term("ring"),
  ]);
}

function fact(label, value, changed) {
  return h("div", { class: changed }, [h("dt", {}, label), h("dd", {}, String(value))]);
}

function placeState(place, ring, size) {
  if (place.writing) return "being written";
  if (place.seq === null) return "nothing to read";
  const isRead = place.seq * size < ring.consumed;
  return `number ${place.seq}, ${isRead ? "read" : "full"}`;
}

/** How far the sub-buffer is reserved and committed. */
function drawLevel(ring, size) {
  const within = (offset) => Math.round(100 * ((offset % size) || (offset > 0 ? size : 0)) / size);
  const percent = within(ring.reserved);
  const text = ring.slotOpen
    ? `${percent} % reserved, not all committed`
    : `${percent} % committed`;
  return h("progress", { max: "100", value: String(percent), "aria-label": text, title: text });
}

function drawReader(view, ring, path) {
  const { held, readerSubbuf } = ring;
  if (readerSubbuf === null && held === null && !ring.reader) return null;
  const subbuf = held?.subbuf ?? readerSubbuf;
  const text = subbuf === null ? "" : ring.texts[subbuf];
  const changed = view.changed(`${path}.readerSubbuf`) || view.changed(`${path}.held`);
  return h("div.reader", { class: [changed, held ? "is-holding" : ""] }, [
    h("span.page-number", {}, ring.reader ? "the reader's" : "the reader's, who is not here"),
    subbuf === null ? h("b", {}, "nothing") : h("b.subbuf-in", {}, `sub-buffer ${subbuf}`),
    h("span.page-text", {}, held && text ? `“${text}”` : ""),
    h(
      "span.place-state",
      {},
      held ? `number ${held.seq}, being read` : subbuf === null ? "" : "spare",
    ),
    term("exchange"),
  ]);
}
