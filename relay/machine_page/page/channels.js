// Draws channels, their buffers as rings of pages, and what can be done with them.
import { doButton, h, hueOf, numberField, submit, taken } from "./dom.js";
import { term } from "./glossary.js";
import { drawRing } from "./rings.js";

/** All channels, and the form that opens one. */
export function drawChannels(view) {
  const channels = Object.entries(view.state.channels);
  return h("section", { "aria-labelledby": "channels-title" }, [
    h("h2", { id: "channels-title" }, [
      term("channel", "Channels"),
      " and their ",
      term("buffer", "buffers"),
    ]),
    channels.length === 0 && h("p.empty", {}, "No channel is open."),
    channels.map(([name, channel]) => drawChannel(view, name, channel)),
    drawOpenForm(view),
  ]);
}

function drawOpenForm(view) {
  const select = (name, options) =>
    h("select", { name }, options.map(([value, label]) => h("option", { value }, label)));
  return h("form.order", { "data-form": "open" }, [
    h("label", {}, [
      "Kind ",
      select("mode", [
        ["relay", "relay: the patch alone"],
        ["overwrite", "ring that overwrites"],
        ["discard", "ring that discards"],
      ]),
    ]),
    h("label", {}, ["Sub-buffers ", select("subbufs", [2, 4, 8, 1].map((n) => [n, n]))]),
    h("label", {}, ["of pages ", select("pages", [1, 2, 4].map((n) => [n, n]))]),
    submit("Open a channel", view.why),
    term("overwrite"),
  ]);
}

function drawChannel(view, name, channel) {
  const path = `channels.${name}`;
  const button = (label, what) =>
    doButton(label, { do: what, channel: name }, view.why, `${label}: ${name}`);
  const state = channel.closed ? "closed" : channel.opened ? "open" : "being opened";
  return h("article.channel", {
    class: [`hue${hueOf(name)}`, view.subject(path)],
    "data-key": name,
    "data-channel": name,
  }, [
    h("h3", { class: view.made(path) }, [
      name,
      h("span.badge", {}, channel.mode === "relay" ? "relay" : `ring: ${channel.mode}`),
      h("span.badge", {
        class: [
          channel.closed ? "is-bad" : "",
          view.changed(`${path}.opened`, `${path}.closed`),
        ],
      }, state),
      drawKref(channel.kref, [
        [channel.holders.self, "its own"],
        [channel.holders.buffer, channel.holders.buffer === 1 ? "buffer" : "buffers"],
        [channel.holders.user, "yours"],
      ], view.changed(`${path}.kref`)),
    ]),
    h("details.uses", {}, [
      h("summary", {}, `Use ${name}`),
      h("div.buttons", {}, [
        button("Close", "close"),
        button("Take a reference", "get_channel"),
        button("Give it back", "put_channel"),
      ]),
    ]),
    h(
      "div.buffers",
      {},
      Object.entries(channel.buffers).map(([cpu, buffer]) =>
        drawBuffer(view, { name, cpu, channel, buffer })
      ),
    ),
  ]);
}

/** A reference count, and who holds them. */
function drawKref(kref, holders, changed) {
  const who = holders.filter(([count]) => count > 0).map(([count, holder]) => `${count} ${holder}`);
  return h("span.kref", { class: changed }, [
    term("kref", `kref ${kref}`),
    h("small", {}, who.length > 0 && ` = ${who.join(" + ")}`),
  ]);
}

function drawBuffer(view, about) {
  const { name, cpu, channel, buffer } = about;
  const path = `channels.${name}.buffers.${cpu}`;
  const label = `${name}${cpu}`;
  const { self, file, user } = buffer.holders;
  const readers = buffer.ring?.reader ? 1 : 0;
  return h("div.buffer", {
    class: view.subject(path),
    "data-key": cpu,
    "data-buffer": label,
  }, [
    h("h4", { class: view.made(path) }, [
      label,
      h("small", {}, ` buffer of CPU ${cpu}`),
      drawFile(view, label, buffer),
      drawKref(buffer.kref, [
        [self, "channel"],
        [file, file === 1 ? "open file" : "open files"],
        [readers, "reader"],
        [user - readers, "yours"],
      ], view.changed(`${path}.kref`)),
    ]),
    buffer.ring ? drawRing(view, about) : drawPages(view, about),
    drawUses(view, { name, cpu, channel, buffer, label }),
  ]);
}

/** The file that stands for a buffer: not yet, open or not, or not any more. */
function drawFile(view, label, { kref }) {
  const opened = view.state.files[label];
  const isRemoved = opened === undefined && kref === 0;
  return h("span.badge", {
    class: [isRemoved ? "is-bad" : "", view.changed(`files.${label}`)],
  }, [
    opened === undefined ? (isRemoved ? "its file is removed" : "no file yet") : [
      term("file", "its file"),
      opened > 0 && `, open ${opened} ×`,
    ],
  ]);
}

/** The pages as a ring, with the remembered ones. */
function drawPages(view, { name, cpu, channel, buffer }) {
  const path = `channels.${name}.buffers.${cpu}`;
  const perSubbuf = channel.subbufSize / taken.pageSize;
  const drawMark = ([slot]) =>
    h(
      "abbr.mark",
      { class: view.changed(`${path}.cache.${slot}`), title: markTitle(slot) },
      slot,
    );
  const drawPage = ({ pfn, text }, i) => {
    const isFreed = !view.holds(pfn, `data:${name}:${cpu}:${i}`);
    const says = isFreed ? "given back" : text ? `“${text}”` : "";
    return h("li.page", {
      class: [isFreed ? "is-freed" : "", view.changed(`${path}.pages.${i}`)],
    }, [
      h("span.pair", {}, [
        h("span.page-number", {}, `page ${i}`),
        h("span.page-frame", {}, `frame ${pfn}`),
      ]),
      h("span.page-text", {}, says),
      h(
        "span.marks",
        {},
        Object.entries(buffer.cache).filter(([, page]) => page === i).map(drawMark),
      ),
    ]);
  };
  const subbufs = Array.from({ length: channel.nSubbufs }, (_, s) => s);
  return h("div.ring", {}, [
    subbufs.map((s) =>
      h("div.subbuf", {}, [
        h("span.subbuf-name", {}, s === 0 ? term("subbuf", "sub-buffer 0") : `sub-buffer ${s}`),
        h(
          "ol",
          { "aria-label": `Pages of sub-buffer ${s}` },
          buffer.pages.slice(s * perSubbuf, (s + 1) * perSubbuf)
            .map((page, i) => drawPage(page, s * perSubbuf + i)),
        ),
      ])
    ),
    h("span.wrap", { title: "After the last page comes the first" }, "↩ page 0"),
    h("span.wrap", {}, term("cache")),
  ]);
}

const markTitle = (slot) =>
  ({
    w: "where the next search for a page to write begins",
    r: "where the next search for a page to read begins",
    h0: "where the header of an even sub-buffer was found",
    h1: "where the header of an odd sub-buffer was found",
  })[slot];

/** What can be done with a buffer. */
function drawUses(view, { name, cpu, channel, buffer, label }) {
  const of = { channel: name, cpu: Number(cpu) };
  const button = (text, what, more = {}) =>
    doButton(text, { do: what, ...of, ...more }, view.why, `${text}: ${label}`);
  const form = (kind, fields, action) =>
    h("form.order", { "data-form": kind, "data-of": JSON.stringify(of) }, [
      fields,
      submit(action, view.why),
    ]);
  const number = (field, value, text) =>
    h("label", {}, [
      text,
      " ",
      numberField(field, value, field === "offset" ? "0" : "1"),
    ]);
  const words = (value) =>
    h("label", {}, [
      "text ",
      h("input", { name: "text", value, maxlength: taken.limits.text, required: true }),
    ]);
  const size = channel.subbufSize * channel.nSubbufs;
  return h("details.uses", {}, [
    h("summary", {}, `Use ${label}`),
    buffer.ring === null
      ? [
        form(
          "write",
          [words("hello"), number("offset", "0", `at offset, ring of ${size}`)],
          "Write",
        ),
        form("read", [number("length", "16", "bytes"), number("offset", "0", "at offset")], "Read"),
        form("header", number("offset", "0", "header at offset"), "Look up"),
      ]
      : [
        form("record", [words("event"), number("size", "2048", "bytes")], "Write a record"),
        form("reserve", [words("event"), number("size", "2048", "bytes")], "Reserve only"),
        h("div.buttons", {}, [
          button("Commit", "commit"),
          button("Hand over what is there", "flush"),
          term("slot"),
        ]),
        h("div.buttons", {}, [
          button("Attach a reader", "attach"),
          button("Get the next sub-buffer", "get_subbuf"),
          button("Put it", "put_subbuf"),
          button("Close the reader", "detach"),
          term("exchange"),
        ]),
      ],
    h("div.buttons", {}, [
      button("Open its file", "open_file"),
      button("Close its file", "close_file"),
      button("Take a reference", "get_buffer"),
      button("Give it back", "put_buffer"),
    ]),
  ]);
}
