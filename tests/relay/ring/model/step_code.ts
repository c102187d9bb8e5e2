/**
 * The shipped source of the ring as code that goes step by step, with deliberate changes if need be.
 *
 * @module
 */
import type { Address } from "@ltt/relay/hw";
import type { LostCounts, RingMemory, RingReader, RingWriter } from "@ltt/relay/ring";
import ts from "typescript";
import type * as lost from "../../../../relay/ring/lost.ts";
import { intoSteps, SHARED, stepwiseNames } from "./into_steps.ts";
import type { Steps } from "./steps.ts";

type StepwiseFunction<F> = F extends (...args: infer A) => infer R ? (...args: A) => Steps<R> : F;
type Stepwise<C, K extends keyof C> = { readonly [P in K]: StepwiseFunction<C[P]> };

/** The writer, step by step. */
export type StepWriter = Stepwise<
  RingWriter,
  "attach" | "takeOver" | "detach" | "reserve" | "commit" | "openSlot" | "flush"
>;

/** The reader, step by step. */
export type StepReader =
  & Stepwise<
    RingReader,
    | "attach"
    | "close"
    | "getSubbuf"
    | "getNextSubbuf"
    | "putSubbuf"
    | "putNextSubbuf"
    | "poll"
    | "snapshot"
  >
  & Pick<RingReader, "missed">;

/** A client whose callbacks are programs. */
export interface StepClient {
  readonly headerSize: number;
  bufferBegin(header: Address, seq: number): Steps<void>;
  bufferEnd(header: Address, dataSize: number, lost: LostCounts): Steps<void>;
}

/** The shipped code, step by step. */
export interface StepCode {
  readonly RingWriter: new (
    memory: RingMemory,
    doorbells: Int32Array | null,
    client: StepClient,
  ) => StepWriter;
  readonly RingReader: new (memory: RingMemory, doorbells: Int32Array) => StepReader;
  readonly readLost: StepwiseFunction<typeof lost.readLost>;
}

/** A change of the shipped source: `from` must occur in the file exactly once. */
export interface Patch {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const RING = new URL("../../../../relay/ring/", import.meta.url);

/** Files that access shared words, or use one that does, each after those it uses. */
const sources = new Map<string, string>();
/** Modules that these use as they are. */
const realModules = new Map<string, unknown>();
await gather("writer.ts");
await gather("reader.ts");

/** Reads a file of the ring with all it imports; returns whether it needs stepping. */
async function gather(file: string): Promise<boolean> {
  if (file === "shared_words.ts" || sources.has(file)) return true;
  if (realModules.has(file)) return false;
  const url = new URL(file, RING);
  const text = await Deno.readTextFile(url);
  const imports = [...text.matchAll(/^(?:import|\}) ?(?!type ).*"(.*)";$/gm)].map(([, name]) =>
    name
  );
  const inRing = imports.filter((name) => name.startsWith("./"));
  const needsSteps: boolean[] = [];
  for (const name of inRing) needsSteps.push(await gather(name.slice("./".length)));
  if (needsSteps.includes(true)) {
    sources.set(file, text);
    for (const name of imports) {
      if (!name.startsWith("./")) realModules.set(name, await import(new URL(name, RING).href));
    }
    return true;
  }
  realModules.set(file, await import(url.href));
  return false;
}

/** The shipped code, with patches if there are any. An `Error` for a patch that does not match. */
export function stepCode(...patches: readonly Patch[]): StepCode {
  const files = new Map(sources);
  for (const { file, from, to } of patches) {
    const parts = (files.get(file) ?? "").split(from);
    if (parts.length !== 2) {
      throw new Error(`Cannot patch ${file}: it has ${parts.length - 1} times "${from}"`);
    }
    files.set(file, parts.join(to));
  }
  return load(files);
}

function load(files: ReadonlyMap<string, string>): StepCode {
  const parsed = [...files].map(([file, text]) => parse(file, text));
  const stepwise = stepwiseNames(parsed);
  const modules = new Map<string, unknown>(realModules);
  modules.set("shared_words.ts", unreachable());
  for (const source of parsed) {
    modules.set(source.fileName, evaluate(source.fileName, transpile(source, stepwise), modules));
  }
  return {
    ...modules.get("writer.ts") as Pick<StepCode, "RingWriter">,
    ...modules.get("reader.ts") as Pick<StepCode, "RingReader">,
    ...modules.get("lost.ts") as Pick<StepCode, "readLost">,
  };
}

/** What was parsed and transpiled: a patch changes a file, the others stay as they are. */
const parsedTexts = new Map<string, ts.SourceFile>();
const transpiled = new Map<ts.SourceFile, { readonly names: string; readonly code: string }>();

function parse(file: string, text: string): ts.SourceFile {
  const key = `${file}\n${text}`;
  const known = parsedTexts.get(key);
  if (known) return known;
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ESNext, true);
  parsedTexts.set(key, source);
  return source;
}

function transpile(source: ts.SourceFile, stepwise: ReadonlySet<string>): string {
  const names = [...stepwise].sort().join();
  const known = transpiled.get(source);
  if (known?.names === names) return known.code;
  const { outputText: code } = ts.transpileModule(source.text, {
    fileName: source.fileName,
    compilerOptions: {
      target: ts.ScriptTarget.ESNext,
      module: ts.ModuleKind.CommonJS,
      removeComments: true,
    },
    transformers: { before: [(context) => (file) => intoSteps(file, stepwise, context)] },
  });
  transpiled.set(source, { names, code });
  return code;
}

/** In the place of shared_words.ts: nobody may call it past the stepping. */
function unreachable(): Record<string, () => never> {
  const functions = [...SHARED].map((name) => [name, () => {
    throw new Error(`Cannot step: ${name} was called as it is`);
  }]);
  return Object.fromEntries(functions);
}

type Modules = ReadonlyMap<string, unknown>;

function evaluate(file: string, code: string, modules: Modules): unknown {
  const exports = {};
  const require = (specifier: string): unknown => {
    const module = modules.get(specifier.replace(/^\.\//, ""));
    if (module === undefined) throw new Error(`Cannot load ${specifier} of ${file}`);
    return module;
  };
  const name = `//# sourceURL=stepwise-${file}`;
  new Function("exports", "require", `${code}\n${name}`)(exports, require);
  return exports;
}
