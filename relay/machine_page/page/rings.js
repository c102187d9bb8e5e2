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
      class: [
        place.writing ? "is-writing" : "",
        view.changed(`${path}.places.${i}`, `${path}.levels.${i}`, `${path}.texts.${place.subbuf}`),
      ],
    }, [
      h("span.pair", {}, [
        h("span.page-number", {}, `place ${i}`),
        place.writing && h("abbr.mark", { title: "The writer is here" }, "writer"),
        isReader && h("abbr.mark", {
          class: view.changed(`${path}.consumed`),
          title: "The reader will ask for this place next",
        }, "next read"),
      ]),
      drawSubbuf(ring, place.subbuf, ring.texts[place.subbuf]),
      h("span.place-state", {}, placeState(place, ring, channel)),
      place.writing && drawLevel(ring.levels[i], size, ring.slotOpen),
    ]);
  };
  return h("div.ring", {}, [
    h("dl.counters", {}, [
      fact("reserved", ring.reserved, view.changed(`${path}.reserved`)),
      fact("committed", ring.committed, view.changed(`${path}.committed`)),
      fact(
        ["consumed ", h("small", {}, "or given up")],
        ring.consumed,
        view.changed(`${path}.consumed`),
      ),
      fact("missed", ring.missed, view.changed(`${path}.missed`)),
      fact(
        "lost",
        Object.values(ring.lost).reduce((sum, n) => sum + n, 0),
        view.changed(`${path}.lost`),
      ),
    ]),
    h("p.about", {}, [
      term("offsets", "What are these?"),
      " ",
      term("ring"),
      h("span.wrap", {}, ` Place 0 follows place ${ring.places.length - 1}.`),
    ]),
    h("ol.places", { "aria-label": "Places, in the order of writing" }, ring.places.map(drawPlace)),
    drawReader(view, ring, path),
  ]);
}

function fact(label, value, changed) {
  return h("div", { class: changed }, [h("dt", {}, label), h("dd", {}, String(value))]);
}

function placeState(place, ring, { mode, subbufSize }) {
  if (place.writing) return ring.slotOpen ? "being written, a slot is open" : "being written";
  if (place.seq === null) return "nothing to read";
  // Where the reader exchanges, what he has read is not in the place any more.
  const past = mode === "overwrite" ? "given up unread" : "read";
  return `number ${place.seq}, ${place.seq * subbufSize < ring.consumed ? past : "full"}`;
}

/** A sub-buffer, its frames and what is in it, wherever it is. */
function drawSubbuf({ frames }, subbuf, text) {
  return [
    h("span.pair", {}, [
      h("b.subbuf-in", {}, `sub-buffer ${subbuf}`),
      h("span.page-frame", {}, `frame ${frames[subbuf].join(", ")}`),
    ]),
    h("span.page-text", {}, text ? `“${text}”` : ""),
  ];
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
  const changed = view.changed(`${path}.readerSubbuf`, `${path}.held`, `${path}.reader`);
  return h("div.reader", { class: [changed, held ? "is-holding" : ""] }, [
    h("span.pair", {}, [
      h("span.page-number", {}, ring.reader ? "the reader's" : "no reader yet"),
      term("exchange", "Exchange"),
    ]),
    subbuf === null
      ? h("b.subbuf-in", {}, "nothing")
      : drawSubbuf(ring, subbuf, held ? ring.texts[subbuf] : ""),
    h(
      "span.place-state",
      {},
      held ? `number ${held.seq}, being read` : subbuf === null ? "" : "spare",
    ),
  ]);
}
