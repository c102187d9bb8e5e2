/// <reference lib="dom" />
import { byId } from "./dom.ts";
import type { State } from "./state.ts";

/** Light and dark: as the system has it, until the button is pressed. */
export function startTheme(state: State): void {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const root = document.documentElement;
  const toggle = byId<HTMLButtonElement>("theme");
  const isDark = (): boolean =>
    (root.dataset.theme ?? (dark.matches ? "dark" : "light")) === "dark";
  const show = (): void => {
    const title = isDark() ? "Light colours" : "Dark colours";
    toggle.title = title;
    toggle.setAttribute("aria-label", title);
    toggle.textContent = isDark() ? "☀" : "☾";
  };
  toggle.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    show();
    state.changed("theme");
  });
  dark.addEventListener("change", () => {
    show();
    state.changed("theme");
  });
  show();
}
