import type { TypeParser } from "./type_parser.ts";

/** What is said of a property: a number, text, or names with dots between them as text. */
export type Property = bigint | string;

/** Reads `name = value;` into `properties`. Names have dots where they have several parts. */
export function readProperty(parser: TypeParser, properties: Map<string, Property>): void {
  const { at, kind, text } = parser.lexer;
  const name = kind === "string" ? text : null;
  if (name !== null) parser.lexer.next();
  setProperty(parser, properties, name ?? parser.path().join("."), at);
}

/** Reads ` = value;` for a name that was read before, at some place. */
export function setProperty(
  parser: TypeParser,
  properties: Map<string, Property>,
  name: string,
  at: number,
): void {
  parser.expect("=");
  if (properties.has(name)) throw parser.lexer.error(`"${name}" is said already`, at);
  properties.set(name, propertyValue(parser));
  parser.expect(";");
}

function propertyValue(parser: TypeParser): Property {
  const { lexer } = parser;
  if (lexer.kind === "name") return parser.path().join(".");
  if (lexer.kind === "string") return lexer.next();
  const isNegative = parser.take("-");
  if (!isNegative) parser.take("+");
  if (lexer.kind !== "number") throw lexer.error("no value is there");
  const { value } = lexer;
  lexer.next();
  return isNegative ? -value : value;
}
