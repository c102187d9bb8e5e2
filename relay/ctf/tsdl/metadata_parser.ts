import { CtfError } from "../ctf_error.ts";
import type { DeclaredType } from "./declared_type.ts";
import type { ByteOrder, EventClass, FieldPath, StructClass } from "./field_class.ts";
import { FieldResolver, type Scopes } from "./field_resolver.ts";
import { MetadataLexer } from "./metadata_lexer.ts";
import { MetadataText } from "./metadata_text.ts";
import { type Property, setProperty } from "./property_parser.ts";
import type { ClockClass, StreamClass, TraceFormat } from "./trace_format.ts";
import { withImpliedClock } from "./implied_clock.ts";
import { TypeParser } from "./type_parser.ts";

/** What stands in a `trace`, `stream`, `event`, `clock` or `env`. */
interface Block {
  readonly keyword: string;
  readonly at: number;
  readonly properties: Map<string, Property>;
  readonly types: Map<string, { readonly type: DeclaredType; readonly at: number }>;
}

type MutableStream = StreamClass & { readonly events: Map<number, EventClass> };
/** What is looked at, in this order. */
const BLOCKS = ["env", "trace", "clock", "stream", "event", "callsite"];
const NO_CLOCK: Readonly<Record<string, Property>> = { name: "", freq: 1_000_000_000n };

/** Reads metadata, of which more may come later: whole declarations each time. */
export class MetadataParser implements TraceFormat {
  /** As in {@linkcode TraceFormat}. */
  byteOrder: ByteOrder = "le";
  /** As in {@linkcode TraceFormat}. */
  uuid: string | null = null;
  /** As in {@linkcode TraceFormat}. */
  readonly env: Record<string, string | number | bigint> = Object.create(null);
  /** As in {@linkcode TraceFormat}. */
  readonly clocks: Map<string, ClockClass> = new Map();
  /** As in {@linkcode TraceFormat}. */
  packetHeader: StructClass | null = null;
  /** As in {@linkcode TraceFormat}. */
  readonly streams: Map<number, MutableStream> = new Map();
  #types: TypeParser | null = null;
  #hasTrace = false;
  #resolver: FieldResolver | null = null;

  /** Reads the first of it. A `CtfError` if it makes no sense. */
  constructor(metadata: Uint8Array) {
    this.append(metadata);
    if (!this.#hasTrace) throw new CtfError("Cannot read metadata: it has no trace", "metadata", 0);
  }

  /** Reads more of it. A `CtfError` if it makes no sense; then this is good for nothing any more. */
  append(metadata: Uint8Array): void {
    const text = new MetadataText(metadata, this.#types === null);
    const lexer = new MetadataLexer(text);
    const types = this.#types ?? new TypeParser(lexer);
    types.lexer = lexer;
    this.#types = types;
    const blocks: Block[] = [];
    while (lexer.kind !== "end") {
      if (BLOCKS.includes(lexer.text)) blocks.push(this.#block(types));
      else if (!types.declaration() && !types.take(";")) {
        throw lexer.error(`"${lexer.text}" begins no declaration`);
      }
    }
    const fail = (message: string, at: number): Error => text.error(message, at);
    for (const keyword of BLOCKS) {
      for (const block of blocks) if (block.keyword === keyword) this.#add(block, fail);
    }
  }

  #block(types: TypeParser): Block {
    const { at } = types.lexer;
    const keyword = types.name();
    const block: Block = { keyword, at, properties: new Map(), types: new Map() };
    types.block(() => {
      if (keyword !== "env" && types.declaration()) return;
      const { at, kind, text } = types.lexer;
      const isText = kind === "string";
      if (isText) types.lexer.next();
      const name = isText ? text : types.path().join(".");
      if (isText || !types.take(":=")) return setProperty(types, block.properties, name, at);
      if (block.types.has(name)) throw types.lexer.error(`"${name}" is said already`, at);
      block.types.set(name, { type: types.type(), at });
      types.expect(";");
    });
    types.expect(";");
    return block;
  }

  #add(block: Block, fail: (message: string, at: number) => Error): void {
    const error = (message: string): Error => fail(`${block.keyword}: ${message}`, block.at);
    this.#resolver ??= new FieldResolver(this.byteOrder, fail);
    switch (block.keyword) {
      case "env":
        for (const [name, value] of block.properties) {
          const isExact = typeof value === "bigint" && BigInt(Number(value)) === value &&
            Number.isSafeInteger(Number(value));
          this.env[name] = isExact ? Number(value) : value;
        }
        return;
      case "trace":
        return this.#addTrace(block, fail, error);
      case "clock":
        return this.#addClock(block, error);
      case "stream":
        return this.#addStream(block, error);
      case "event":
        return this.#addEvent(block, error);
    }
  }

  #addTrace(
    { properties, types }: Block,
    fail: (message: string, at: number) => Error,
    error: (message: string) => Error,
  ): void {
    if (this.#hasTrace) throw error("there is one already");
    this.#hasTrace = true;
    const [major, minor] = [properties.get("major") ?? 1n, properties.get("minor") ?? 8n];
    if (major !== 1n || minor !== 8n) throw error(`version ${major}.${minor} is not 1.8`);
    const order = properties.get("byte_order");
    if (order !== "le" && order !== "be" && order !== "network") {
      throw error(`byte order "${order}" is unknown`);
    }
    this.byteOrder = order === "le" ? "le" : "be";
    this.#resolver = new FieldResolver(this.byteOrder, fail);
    const uuid = properties.get("uuid");
    if (uuid !== undefined) {
      this.uuid = String(uuid).replaceAll("-", "").toLowerCase();
      if (!/^[0-9a-f]{32}$/.test(this.uuid)) throw error(`"${uuid}" is no UUID`);
    }
    this.packetHeader = this.#scope(types, "packet.header", "packet header", {});
  }

  #addClock({ properties }: Block, error: (message: string) => Error): void {
    const get = (name: string, initial: Property): Property => properties.get(name) ?? initial;
    const integer = (name: string, initial: bigint): bigint => {
      const value = get(name, initial);
      if (typeof value !== "bigint") throw error(`${name} is "${value}", no integer`);
      return value;
    };
    const name = String(get("name", NO_CLOCK.name));
    if (name === "" || this.clocks.has(name)) {
      throw error(`name "${name}" is none or there already`);
    }
    const frequency = integer("freq", 1_000_000_000n);
    if (frequency <= 0n || frequency >= 2n ** 64n) throw error(`frequency ${frequency}`);
    const [offsetS, offset] = [integer("offset_s", 0n), integer("offset", 0n)];
    if ([offsetS, offset].some((one) => BigInt.asIntN(64, one) !== one)) {
      throw error(`offset ${offsetS} s and ${offset} is too far`);
    }
    const absolute = get("absolute", 0n);
    const uuid = properties.get("uuid");
    this.clocks.set(name, {
      name,
      uuid: uuid === undefined ? null : String(uuid),
      description: String(get("description", "")),
      frequency,
      offsetS,
      offset,
      precision: integer("precision", 0n),
      isAbsolute: typeof absolute === "bigint" ? absolute !== 0n : /^true$/i.test(absolute),
    });
  }

  #addStream({ properties, types }: Block, error: (message: string) => Error): void {
    const id = this.#number(properties, "id", error) ?? 0;
    if (this.streams.has(id)) throw error(`there is a ${id} already`);
    const scopes: Scopes = { "packet header": this.packetHeader };
    const add = (name: string, scope: FieldPath["scope"]): StructClass | null => {
      const found = this.#scope(types, name, scope, scopes);
      const struct = found === null ? null : withImpliedClock(found, scope, this.clocks);
      scopes[scope] = struct;
      return struct;
    };
    const packetContext = add("packet.context", "packet context");
    const eventHeader = add("event.header", "event header");
    const eventContext = add("event.context", "stream event context");
    this.streams.set(id, { id, packetContext, eventHeader, eventContext, events: new Map() });
  }

  #addEvent({ properties, types }: Block, error: (message: string) => Error): void {
    const [only] = this.streams.size === 1 ? this.streams.keys() : [0];
    const streamId = this.#number(properties, "stream_id", error) ?? only;
    if (this.streams.size === 0) this.#addStream(implicitStream(streamId), error);
    const stream = this.streams.get(streamId);
    if (stream === undefined) throw error(`there is no stream ${streamId}`);
    const id = this.#number(properties, "id", error) ?? 0;
    if (stream.events.has(id)) throw error(`there is a ${id} already`);
    const scopes: Scopes = {
      "packet header": this.packetHeader,
      "packet context": stream.packetContext,
      "event header": stream.eventHeader,
      "stream event context": stream.eventContext,
    };
    const context = this.#scope(types, "context", "event context", scopes);
    scopes["event context"] = context;
    const fields = this.#scope(types, "fields", "event fields", scopes) ?? NO_FIELDS;
    const loglevel = this.#number(properties, "loglevel", error);
    const name = String(properties.get("name") ?? "");
    stream.events.set(id, { name, id, streamId, loglevel, context, fields });
  }

  #scope(
    types: Block["types"],
    name: string,
    scope: FieldPath["scope"],
    scopes: Scopes,
  ): StructClass | null {
    const declared = types.get(name);
    if (declared === undefined) return null;
    return this.#resolver!.scope(declared.type, declared.at, scope, scopes);
  }

  #number(
    properties: Block["properties"],
    name: string,
    error: (message: string) => Error,
  ): number | null {
    const value = properties.get(name);
    if (value === undefined) return null;
    const isSane = typeof value === "bigint" && value >= 0n &&
      value <= BigInt(Number.MAX_SAFE_INTEGER);
    if (!isSane) throw error(`${name} is ${value}`);
    return Number(value);
  }
}

const NO_FIELDS: StructClass = { kind: "struct", alignment: 1, members: [] };

function implicitStream(id: number): Block {
  const properties = new Map([["id", BigInt(id)]]);
  return { keyword: "stream", at: 0, properties, types: new Map() };
}
