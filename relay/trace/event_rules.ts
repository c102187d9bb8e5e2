import { glob } from "./glob.ts";

/** A rule: up to which log level events that match are recorded, -1 for none. */
interface Rule {
  readonly pattern: string;
  readonly loglevel: number;
}

/** Which events are recorded: the last rule that matches decides, and all are that match none. */
export class EventRules {
  readonly #rules: Rule[];
  /** Matchers of patterns, made once. */
  readonly #matchers = new Map<string, (name: string) => boolean>();

  /** These rules, the oldest first. */
  constructor(rules: readonly Rule[] = []) {
    this.#rules = [...rules];
  }

  /** What `toString` wrote. */
  static parse(text: string): EventRules {
    const lines = text.split("\n").filter((line) => line !== "");
    return new EventRules(lines.map((line) => {
      const [pattern, loglevel] = JSON.parse(line) as [string, number];
      return { pattern, loglevel };
    }));
  }

  /** The rules as text, a line each. */
  toString(): string {
    return this.#rules.map(({ pattern, loglevel }) => `${JSON.stringify([pattern, loglevel])}\n`)
      .join("");
  }

  /** Whether events of that name and level are recorded. */
  enabled(name: string, loglevel: number): boolean {
    const rule = this.#rules.findLast(({ pattern }) => this.#matcher(pattern)(name));
    return rule === undefined || loglevel <= rule.loglevel;
  }

  #matcher(pattern: string): (name: string) => boolean {
    const matcher = this.#matchers.get(pattern) ?? glob(pattern);
    this.#matchers.set(pattern, matcher);
    return matcher;
  }

  /** Records events that match, of log levels up to `loglevel`. */
  enable(pattern: string, loglevel: number): void {
    this.#add({ pattern, loglevel });
  }

  /** Records no events that match. */
  disable(pattern: string): void {
    this.#add({ pattern, loglevel: -1 });
  }

  /** Adds a rule, and drops those it makes idle. */
  #add(rule: Rule): void {
    const idle = ({ pattern }: Rule): boolean => rule.pattern === "*" || rule.pattern === pattern;
    const kept = this.#rules.filter((other) => !idle(other));
    this.#rules.splice(0, this.#rules.length, ...kept, rule);
  }
}
