/** A line on standard error that changes, if that is a terminal; elsewhere nothing. */
export class StatusLine {
  /** Whether anybody can see it. */
  readonly isShown: boolean = Deno.stderr.isTerminal();

  /** Shows other text in the line. */
  show(text: string): void {
    this.#write(`\r\x1b[K${text.slice(0, 79)}`);
  }

  /** Wipes the line, so that something else can be said. */
  clear(): void {
    this.#write("\r\x1b[K");
  }

  #write(text: string): void {
    if (this.isShown) Deno.stderr.writeSync(new TextEncoder().encode(text));
  }
}
