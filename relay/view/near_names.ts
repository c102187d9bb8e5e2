import { glob } from "../trace/glob.ts";
import { EVENT_NAMES, fieldPath, type Path, pathText } from "./value_source.ts";

/** Names that are offered in place of one that is not there. */
const MAX_NEAR = 3;
/** Of a shorter text too many names are near. */
const MIN_LENGTH = 3;

/** Of which events something is said: of all, or of those that were recorded up to now. */
export type NoEvent = "no event" | "no event so far";

/** Says of each pattern that fits none of the names of events that it does not, and which come near. */
export function missingEvents(
  patterns: readonly string[],
  names: readonly string[],
  none: NoEvent,
): string[] {
  return patterns.filter((pattern) => !names.some(glob(pattern)))
    .map((pattern) => noEventNamed(pattern, names, none));
}

/** Says that no event is named so, which is a pattern, and which names come near. */
function noEventNamed(pattern: string, names: Iterable<string>, none: NoEvent): string {
  return `${none} is named "${pattern}"${thereIs(pattern.replaceAll("*", ""), names)}`;
}

/**
 * Says that no event has such a field, and which names come near; if none does, and the field may be meant as a text, how
 * to write one.
 */
export function noEventHas(
  path: Path,
  names: Iterable<string>,
  none: NoEvent,
  maybeText: boolean,
): string {
  const wanted = pathText(fieldPath(path).steps);
  const hint = thereIs(wanted, [...EVENT_NAMES, ...names]) ||
    (path.length === 1 && maybeText ? "; text stands in quotes" : "");
  return `${none} has a field "${pathText(path)}"${hint}`;
}

/** Says which names come near a text; nothing if none does. `shown` tells how a name is written. */
export function thereIs(
  wanted: string,
  names: Iterable<string>,
  shown: (name: string) => string = (name) => name,
): string {
  if (wanted.length < MIN_LENGTH) return "";
  const limit = Math.floor(wanted.length / 4);
  const found = [...new Set(names)].map((name) => ({ name, distance: distanceIn(wanted, name) }))
    .filter(({ name, distance }) => distance <= limit || isNearlyAll(wanted, name))
    .sort((a, b) => a.distance - b.distance || a.name.length - b.name.length)
    .slice(0, MAX_NEAR).map(({ name }) => shown(name));
  return found.length === 0 ? "" : `; there is ${found.join(", ")}`;
}

/** Whether a text is the whole of a name but for a letter. */
export function isNearlyAll(wanted: string, name: string): boolean {
  return Math.abs(name.length - wanted.length) <= 1 && distanceIn(wanted, name) <= 1 &&
    distanceIn(name, wanted) <= 1;
}

/** How many letters have to change, or two have to change places, until a text is a part of a name, whatever their case. */
function distanceIn(wanted: string, name: string): number {
  const [text, letters] = [wanted.toLowerCase(), name.toLowerCase()];
  // How far what there is of the text up to a letter is from a part of the name that ends with each of its letters.
  let distances = new Array<number>(letters.length + 1).fill(0);
  let before = distances;
  for (let i = 0; i < text.length; i++) {
    const next = [i + 1];
    for (let at = 0; at < letters.length; at++) {
      const other = letters[at] === text[i] ? 0 : 1;
      const isSwapped = i > 0 && at > 0 && letters[at] === text[i - 1] &&
        letters[at - 1] === text[i];
      const swapped = isSwapped ? before[at - 1] + 1 : Infinity;
      next.push(Math.min(distances[at] + other, distances[at + 1] + 1, next[at] + 1, swapped));
    }
    before = distances;
    distances = next;
  }
  return Math.min(...distances);
}
