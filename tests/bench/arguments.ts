/** The number behind `--name` on the command line, or another one. */
export function numberOption(name: string, initial: number): number {
  const at = Deno.args.indexOf(`--${name}`);
  return at < 0 ? initial : Number(Deno.args[at + 1]);
}
