/**
 * Writes the code of a span whose begin takes so many arguments beside the span's number, and its end
 * so many: body of a function of `tools` that returns what is called to begin.
 */
export function spanSource(beginArguments: number, endArguments: number): string {
  const list = (prefix: string, count: number): string =>
    Array.from({ length: count }, (_, i) => `${prefix}${i}`).join(", ");
  const [begin, end] = [list("a", beginArguments), list("b", endArguments)];
  return `"use strict";
const { begin, end, first, dispose, count } = tools;
return function (${begin}) {
  const span = first + count.begun++;
  begin(span, ${begin});
  const endSpan = (${end}) => end(span, ${end});
  endSpan[dispose] = () => endSpan();
  return endSpan;
};`;
}
