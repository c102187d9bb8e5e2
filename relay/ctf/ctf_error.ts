/** A trace, or its metadata, that is not as CTF 1.8 wants it. */
export class CtfError extends Error {
  /** What the class is called. */
  override readonly name: string = "CtfError";
  /** The file, `null` where it has no name. */
  readonly file: string | null;
  /** The byte in the file from which on it makes no sense, `null` where no single one is to blame. */
  readonly offset: number | null;

  /** `message` is without file and offset: they are put behind it. */
  constructor(message: string, file: string | null = null, offset: number | null = null) {
    const place = [file, offset === null ? null : `byte ${offset}`].filter((one) => one !== null);
    super(place.length === 0 ? message : `${message} (${place.join(", ")})`);
    this.file = file;
    this.offset = offset;
  }
}
