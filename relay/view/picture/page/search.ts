import type { FieldColumn } from "./columns.ts";
import type { EventKind, TraceData } from "./trace_data.ts";

/** Part of a question: all parts must hold. */
export type Term =
  | { readonly kind: "word"; readonly text: string }
  | {
    readonly kind: "compare";
    readonly field: string;
    readonly operator: string;
    readonly value: string;
  };

const UNITS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  ms: 1e6,
  s: 1e9,
  k: 1e3,
  M: 1e6,
};

/** Parts of what was typed: words, `"words in quotes"`, `field>=value`, `field="some text"`. */
export function parseQuery(query: string): Term[] {
  const parts =
    query.match(/[A-Za-z_][\w.]*(?:>=|<=|!=|==?|>|<|~)(?:"[^"]*"?|\S+)|"[^"]*"?|\S+/g) ?? [];
  return parts.map((part) => {
    const compare = /^([A-Za-z_][\w.]*)(>=|<=|!=|==?|>|<|~)(.+)$/.exec(part);
    if (compare === null) return { kind: "word", text: unquoted(part).toLowerCase() };
    const [, field, operator, value] = compare;
    return { kind: "compare", field, operator, value: unquoted(value) };
  });
}

/** A number, with a unit if any: nanoseconds for times; `NaN` for anything else. */
export function numberOf(text: string): number {
  const [, digits, unit] =
    /^([+-]?(?:0x[\da-f]+|[\d.]+(?:e[+-]?\d+)?))(ns|us|µs|ms|s|k|M)?$/i.exec(text) ?? [];
  return digits === undefined
    ? NaN
    : Number(digits) * (unit === undefined ? 1 : UNITS[unit] ?? NaN);
}

/** Numbers of the events that fit, in order. A field's name may leave out what stands before its last dot. */
export function findEvents(data: TraceData, query: string): Uint32Array {
  const terms = parseQuery(query);
  if (terms.length === 0) return new Uint32Array(0);
  const durations = terms.some((term) => term.kind === "compare" && term.field === "duration")
    ? durationsOf(data)
    : null;
  const fits = new Uint8Array(data.events);
  let count = 0;
  for (const kind of data.kinds) {
    const tests = terms.map((term) => testOf(term, kind, data, durations));
    if (tests.includes(never)) continue;
    const { events } = kind;
    for (let place = 0; place < events.length; place++) {
      let all = true;
      for (let i = 0; all && i < tests.length; i++) all = tests[i](place);
      if (!all) continue;
      fits[events[place]] = 1;
      count++;
    }
  }
  const found = new Uint32Array(count);
  for (let event = 0, i = 0; i < count; event++) if (fits[event] === 1) found[i++] = event;
  return found;
}

type Test = (place: number) => boolean;

const never: Test = () => false;
const always: Test = () => true;

function testOf(
  term: Term,
  kind: EventKind,
  data: TraceData,
  durations: Float64Array | null,
): Test {
  if (term.kind === "word") {
    if (kind.name.toLowerCase().includes(term.text)) return always;
    return anyOf(kind.fields.map((field) => wordTest(field, term.text)));
  }
  const { field: name, operator, value } = term;
  if (name === "name" || name === "event") {
    return textFits(kind.name, operator, value) ? always : never;
  }
  const number = numberOf(value);
  if (name === "cpu") {
    return (place) => numberFits(data.cpuOf(kind.events[place]), operator, number);
  }
  if (name === "duration") {
    return (place) => numberFits(durations![kind.events[place]], operator, number);
  }
  const fields = kind.fields.filter((field) =>
    field.name === name || field.name.endsWith(`.${name}`)
  );
  return anyOf(fields.map((field) => compareTest(field, operator, value, number)));
}

function anyOf(tests: readonly Test[]): Test {
  const possible = tests.filter((test) => test !== never);
  if (possible.length < 2) return possible[0] ?? never;
  return (place) => possible.some((test) => test(place));
}

function wordTest(field: FieldColumn, word: string): Test {
  if (!field.isNumber) return textTest(field, (text) => text.toLowerCase().includes(word));
  const number = numberOf(word);
  if (Number.isNaN(number)) return never;
  return (place) => field.values[place] === number && Number.isFinite(number);
}

function compareTest(field: FieldColumn, operator: string, value: string, number: number): Test {
  if (!field.isNumber) return textTest(field, (text) => textFits(text, operator, value));
  if (operator === "~") return (place) => field.text(place).includes(value);
  return Number.isNaN(number)
    ? never
    : (place) => numberFits(field.values[place], operator, number);
}

/** Each different text is looked at once. */
function textTest({ texts, values }: FieldColumn, fits: (text: string) => boolean): Test {
  const good = texts.map(fits);
  return good.includes(true) ? (place) => good[values[place]] : never;
}

function textFits(text: string, operator: string, value: string): boolean {
  switch (operator) {
    case "~":
      return text.toLowerCase().includes(value.toLowerCase());
    case "=":
    case "==":
      return text === value;
    case "!=":
      return text !== value;
    default: {
      // Text that is a number, a large one or an element, is compared as one.
      const [left, right] = [numberOf(text), numberOf(value)];
      return !Number.isNaN(left) && !Number.isNaN(right) && numberFits(left, operator, right);
    }
  }
}

function numberFits(left: number, operator: string, right: number): boolean {
  switch (operator) {
    case ">":
      return left > right;
    case ">=":
      return left >= right;
    case "<":
      return left < right;
    case "<=":
      return left <= right;
    case "!=":
      return left !== right;
    default:
      return left === right;
  }
}

/** How long what ended with each event had lasted; `NaN` where nothing did. */
function durationsOf({ events, pairs }: TraceData): Float64Array {
  const durations = new Float64Array(events).fill(NaN);
  for (let i = 0; i < pairs.endEvent.length; i++) {
    const event = pairs.endEvent[i];
    if (event >= 0) durations[event] = pairs.duration[i];
  }
  return durations;
}

function unquoted(text: string): string {
  return text.startsWith('"') ? text.replace(/^"|"$/g, "") : text;
}
