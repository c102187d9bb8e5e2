/// <reference lib="dom" />

/** The element with an id that the page is known to have. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

/** A new element. What is put in as text stays text, whatever it holds. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** A button that does something. */
export function button(text: string, title: string, action: () => void): HTMLButtonElement {
  const element = make("button", { type: "button", title, "aria-label": title }, text);
  element.addEventListener("click", action);
  return element;
}

/** A list of names and texts. */
export function factList(facts: readonly (readonly [name: string, text: string])[]): HTMLElement {
  const list = make("dl", { class: "facts" });
  for (const [name, text] of facts) {
    list.append(make("div", {}, make("dt", {}, name), make("dd", {}, text)));
  }
  return list;
}
