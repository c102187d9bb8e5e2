// Draws a ring: the places the writer goes round, and the sub-buffer in the reader's hands.
import { h } from "./dom.js";
import { term } from "./glossary.js";

/** The ring on a buffer. */
export function drawRing(view, { name, cpu, channel, buffer }) {
  const { ring } = buffer;
  const path = `channels.${name}.buffers.${cpu}.ring`;
  const size = channel.subbufSize;
  // What the reader holds is not consumed yet, and it will ask for the one after that.
  const seq = Math.max(ring.consumed / size, ring.held ? ring.held.seq + 1 : 0);
  const next = seq % channel.nSubbufs;
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
      place.writing && drawLevel(ring.levels[i], size, ring.slotOpen),
      h("span.page-frame", {}, framesOf(ring.frames[place.subbuf])),
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
    term("offsets", "What are these?"),
    term("ring"),
  ]);
}

function fact(label, value, changed) {
  return h("div", { class: changed }, [h("dt", {}, label), h("dd", {}, String(value))]);
}

function placeState(place, ring, size) {
  if (place.writing) return ring.slotOpen ? "being written, a slot is open" : "being written";
  if (place.seq === null) return "nothing to read";
  const isRead = place.seq * size < ring.consumed;
  return `number ${place.seq}, ${isRead ? "read" : "full"}`;
}

/** Names the frames of a sub-buffer. */
function framesOf(frames) {
  return frames.length === 1 ? `frame ${frames[0]}` : `frames ${frames.join(", ")}`;
}

/** How far a place is reserved and committed. */
function drawLevel(bytes, size, isSlotOpen) {
  const percent = Math.round(100 * bytes / size);
  const text = isSlotOpen ? `${percent} % reserved, not all committed` : `${percent} % committed`;
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
    subbuf !== null && h("span.page-frame", {}, framesOf(ring.frames[subbuf])),
    term("exchange"),
  ]);
}
