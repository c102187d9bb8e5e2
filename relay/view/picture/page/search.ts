import { type Expression, expression } from "../../expression.ts";
import { ExpressionError } from "../../expression_tokens.ts";
import { noEventHas } from "../../near_names.ts";
import { durationsOf, KindValues } from "./kind_values.ts";
import type { TraceData } from "./trace_data.ts";

/** A comparison, or what joins some: a text that has it, but in quotes, is meant for an expression. */
const COMPARISON = /(?:^|[\s(!&|])[\w.[\]"]+\s*(?:[=!<>]=|=~|[<>=~]|contains\s)|&&|\|\|/;
/** A text in quotes; the last one may be just being typed. */
const QUOTED = /"(?:[^"\\]|\\.)*(?:"|$)|'(?:[^'\\]|\\.)*'/g;

/**
 * What was typed as an expression, `null` of nothing: it is one, or words and `"texts in quotes"`, all of which have
 * to be found. An {@linkcode ExpressionError} for what is meant to be one and makes no sense.
 */
export function question(typed: string): Expression | null {
  if (typed.trim() === "") return null;
  try {
    return expression(typed);
  } catch (error) {
    const isMeant = COMPARISON.test(typed.replace(QUOTED, '""'));
    if (isMeant || !(error instanceof ExpressionError)) throw error;
    return expression(wordsOf(typed).map(inQuotes).join(" && "));
  }
}

/** Numbers of the events that fit, in order. */
export function findEvents(data: TraceData, question: Expression): Uint32Array {
  let durations: Float64Array | null = null;
  const fits = new Uint8Array(data.events);
  let count = 0;
  for (const kind of data.kinds) {
    const values = new KindValues(data, kind, () => durations ??= durationsOf(data));
    const test = question.testOf(values);
    const { events } = kind;
    for (let place = 0; place < events.length; place++) {
      if (!test(place)) continue;
      fits[events[place]] = 1;
      count++;
    }
  }
  const found = new Uint32Array(count);
  for (let event = 0, i = 0; i < count; event++) if (fits[event] === 1) found[i++] = event;
  return found;
}

/** Says of each field that a question names and no event has that it is not there. */
export function missingFields(data: TraceData, question: Expression): string[] {
  const sources = data.kinds.map((kind) => new KindValues(data, kind, () => new Float64Array(0)));
  const names = data.kinds.flatMap(({ fields }) => fields.map(({ path }) => path.join(".")));
  const missing = question.paths
    .filter((path) => sources.every((one) => one.readerOf(path) === null))
    .map((path) => noEventHas(path, names, "no event", !question.besideTexts.has(path)));
  return [...new Set(missing)];
}

/** Words, and texts in quotes without these. */
function wordsOf(typed: string): string[] {
  const words = typed.match(/"[^"]*"?|\S+/g) ?? [];
  return words.map((word) => word.startsWith('"') ? word.replace(/^"|"$/g, "") : word);
}

function inQuotes(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}
