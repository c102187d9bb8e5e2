/** Where a step begins: 1, 2, 5, 10, 20, 50 … */
export function stepBegin(step: number): number {
  return [1, 2, 5][step % 3] * 10 ** Math.floor(step / 3);
}

/** The step that a value from 1 on is in; -1 for one below. */
export function stepOf(value: number): number {
  if (value < 1) return -1;
  let step = 3 * Math.floor(Math.log10(value));
  while (stepBegin(step + 1) <= value) step++;
  while (stepBegin(step) > value) step--;
  return step;
}
