/// <reference lib="dom" />
import { byId } from "./dom.ts";
import { ExpressionError } from "../../expression_tokens.ts";
import { findEvents, missingFields, question } from "./search.ts";
import type { State } from "./state.ts";
import { countText } from "./times.ts";

/** Milliseconds after the last key until it is searched. */
const TYPING_MS = 120;

/** The box to search in, and how much was found. */
export class SearchPanel {
  readonly #state: State;
  readonly #box = byId<HTMLInputElement>("search");
  readonly #note = byId("search-note");
  #timer = 0;
  #searched = "";

  constructor(state: State) {
    this.#state = state;
    this.#box.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#search(), TYPING_MS) as unknown as number;
    });
    this.#box.addEventListener("keydown", (event) => {
      if (event.key === "Enter") {
        event.preventDefault();
        this.#search();
        state.goToHit(event.shiftKey ? -1 : 1);
      } else if (event.key === "Escape") {
        event.stopPropagation();
        this.clear();
        this.#box.blur();
      }
    });
    byId("next-hit").addEventListener("click", () => state.goToHit(1));
    byId("previous-hit").addEventListener("click", () => state.goToHit(-1));
    state.onChange((change) => {
      if (change === "hits") this.#showCount();
    });
    this.#showCount();
  }

  /** Goes into the box. */
  focus(): void {
    this.#box.focus();
    this.#box.select();
  }

  /** Searches for nothing any more. */
  clear(): void {
    this.#box.value = "";
    this.#search();
  }

  #search(): void {
    clearTimeout(this.#timer);
    const query = this.#box.value.trim();
    if (query === this.#searched) return;
    this.#searched = query;
    const { data } = this.#state;
    let notes: string[] = [];
    let hits: Uint32Array = new Uint32Array(0);
    try {
      const asked = question(query);
      if (asked !== null) {
        hits = findEvents(data, asked);
        notes = missingFields(data, asked);
      }
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      notes = [`${error.problem}; a text in quotes is looked for as it is`];
    }
    this.#note.textContent = notes.join("; ");
    this.#note.hidden = notes.length === 0;
    this.#state.setHits(hits);
  }

  #showCount(): void {
    const { hits, hit } = this.#state;
    const place = hit >= 0 ? `${countText(hit + 1)} of ` : "";
    const found = hits.length === 0 ? "nothing found" : `${place}${countText(hits.length)} found`;
    byId("hits").textContent = this.#searched === "" ? "" : found;
    for (const id of ["next-hit", "previous-hit"]) {
      byId<HTMLButtonElement>(id).disabled = hits.length === 0;
    }
  }
}
