import type { FloatClass, IntegerClass } from "../tsdl/field_class.ts";
import type { PositionSource } from "./position_source.ts";

/** An expression for the integer at a position: a number if that is safe, else a bigint. */
export function integerSource(integer: IntegerClass, position: PositionSource): string {
  const { size, signed } = integer;
  const isLittle = integer.byteOrder === "le";
  if (position.isAtByte) {
    const byte = position.byte();
    const getter = signed ? "getInt" : "getUint";
    if (size === 8) return `view.${getter}8(${byte})`;
    if (size === 16 || size === 32) return `view.${getter}${size}(${byte}, ${isLittle})`;
    if (size === 64) return wide(position, signed, isLittle);
  }
  if (!position.position.isBitwise && size <= 32) {
    // Bits that lie in a word that can be read at once.
    const begin = position.bitInByte;
    const bytes = Math.ceil((begin + size) / 8);
    if (bytes === 1 || bytes === 2 || bytes === 4) {
      const byte = position.byteAround();
      const word = bytes === 1
        ? `view.getUint8(${byte})`
        : `view.getUint${8 * bytes}(${byte}, ${isLittle})`;
      const above = isLittle ? 32 - begin - size : 32 - 8 * bytes + begin;
      return `${word} << ${above} ${signed ? ">>" : ">>>"} ${32 - size}`;
    }
  }
  return `s.integer(${position.bit()}, ${size}, ${signed}, ${isLittle})`;
}

function wide(position: PositionSource, signed: boolean, isLittle: boolean): string {
  const { known } = position.position;
  const word = (byte: number): string => byte === 0 ? "at" : `at + ${byte}`;
  const [low, high] = [known / 8 + (isLittle ? 0 : 4), known / 8 + (isLittle ? 4 : 0)].map(word);
  const getter = signed ? "getInt32" : "getUint32";
  // Outside it may be exact all the same: that is looked at where it is rare.
  const isSafe = signed ? "h > -0x200000 && h < 0x200000" : "h < 0x200000";
  const number = `h * 4294967296 + view.getUint32(${low}, ${isLittle})`;
  return `(h = view.${getter}(${high}, ${isLittle}), ${isSafe} ? ${number} : ` +
    `s.big(${position.byte()}, ${signed}, ${isLittle}))`;
}

/** An expression for the floating-point number at a position. */
export function floatSource({ size, byteOrder }: FloatClass, position: PositionSource): string {
  const isLittle = byteOrder === "le";
  if (position.isAtByte) return `view.getFloat${size}(${position.byte()}, ${isLittle})`;
  return `s.float(${position.bit()}, ${size}, ${isLittle})`;
}
