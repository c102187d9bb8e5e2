/** Puts the codes of a terminal's colour around text, or nothing where there are to be none. */
export interface Colors {
  /** What is not so important. */
  readonly dim: (text: string) => string;
  /** What a line is about. */
  readonly bold: (text: string) => string;
  /** Names of events, always the same colour for the same part before the `:`. */
  readonly name: (text: string, group: string) => string;
  /** Names of fields. */
  readonly field: (text: string) => string;
  /** What went wrong. */
  readonly bad: (text: string) => string;
}

const plain = (text: string): string => text;

/** Without colours: for files, pipes and those who want none. */
export const NO_COLORS: Colors = {
  dim: plain,
  bold: plain,
  name: plain,
  field: plain,
  bad: plain,
};

/** Green, yellow, blue, magenta, cyan: readable on dark and on light. */
const NAME_CODES = [32, 33, 34, 35, 36];

/** For a terminal. */
export const COLORS: Colors = {
  dim: (text) => colored("2", text),
  bold: (text) => colored("1", text),
  name: (text, group) => colored(`${NAME_CODES[sum(group) % NAME_CODES.length]}`, text),
  field: (text) => colored("36", text),
  bad: (text) => colored("1;31", text),
};

function colored(code: string, text: string): string {
  return text === "" ? "" : `\x1b[${code}m${text}\x1b[0m`;
}

function sum(text: string): number {
  let result = 0;
  for (let i = 0; i < text.length; i++) result = (result * 31 + text.charCodeAt(i)) >>> 0;
  return result;
}
