// Elements made by functions, and a page that is changed only where it differs: so the focus, open details
// and what is typed into fields stay as they are.

/** An element: `h("button.primary", { type: "button" }, "Go")`. Without a value an attribute is left out. */
export function h(name, attributes = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  const element = document.createElement(tag);
  const all = classes.concat(attributes.class ?? []).filter(Boolean).join(" ");
  if (all) element.className = all;
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "class" || value === null || value === undefined || value === false) continue;
    element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== false));
  return element;
}

/** A button that does something to the machine; `why` says why it cannot be pressed now. */
export function doButton(label, command, why = "", name = "", more = {}) {
  return h("button", {
    ...more,
    type: "button",
    "data-do": JSON.stringify(command),
    ...off(why),
    "aria-label": name || null,
  }, label);
}

/** The button of a form. */
export function submit(label, why) {
  return h("button", {
    type: "submit",
    ...off(why),
  }, label);
}

/** How a button is that does nothing now: it can be reached, and says why. */
function off(why) {
  return why ? { "aria-disabled": "true", "data-why": why, title: why } : {};
}

/** A name that may be broken behind its underscores. */
export function broken(name) {
  return name.split(/(?<=[_|])/).flatMap((part, i) => i === 0 ? [part] : [h("wbr"), part]);
}

/** What the server says of itself: names of channels, the largest values of fields, bytes of a page. */
export const taken = { channels: [], limits: {}, pageSize: 0 };

/** Number of a channel's colour. */
export const hueOf = (channel) => taken.channels.indexOf(channel);

/** A field for a number up to the limit of its name. */
export function numberField(name, value, min) {
  return h("input", { name, type: "number", min, max: taken.limits[name], value, required: true });
}

/** Makes what is in `parent` look like `children`, and keeps the elements that are the same. */
export function show(parent, ...children) {
  morphChildren(parent, children.flat(Infinity).filter(Boolean).map(asNode));
}

/** What the user has changed himself, by element. */
const OWN = { INPUT: "value", SELECT: "value", DETAILS: "open" };

function asNode(child) {
  return child instanceof Node ? child : document.createTextNode(child);
}

function morphChildren(parent, wanted) {
  wanted.forEach((node, i) => {
    const old = parent.childNodes[i];
    if (old === undefined) parent.append(node);
    else morph(old, node);
  });
  while (parent.childNodes.length > wanted.length) parent.lastChild.remove();
}

function morph(old, node) {
  // Most of the page is as it was.
  if (old.isEqualNode(node)) return;
  const isSame = old.nodeType === node.nodeType && old.nodeName === node.nodeName &&
    old.id === node.id && (old.dataset?.key ?? "") === (node.dataset?.key ?? "");
  if (!isSame) return old.replaceWith(node);
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== node.data) old.data = node.data;
    return;
  }
  const own = OWN[old.nodeName];
  for (const { name } of [...old.attributes]) {
    if (name !== own && !node.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of [...node.attributes]) {
    if (name !== own && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  morphChildren(old, [...node.childNodes]);
}
