/**
 * The header of an event, LTTng's "large" one, little-endian and without gaps:
 *
 * ```text
 *  compact, 6 bytes     u16 id             u32 timestamp, the low half
 *  extended, 14 bytes   u16 65535          u32 id             u64 timestamp
 * ```
 *
 * A reader knows the high half of a timestamp from the extended event or the packet's begin before
 * it. So an event is extended when the high half has changed since the last one of the stream, which
 * is every 4.3 seconds if the clock counts nanoseconds.
 *
 * @module
 */

/** Bytes of a compact event header. LTTng, `event_header_large`. */
export const COMPACT_HEADER_SIZE: number = 6;
/** Bytes of an extended event header. */
export const EXTENDED_HEADER_SIZE: number = 14;
/** In the place of a compact header's ID: it is an extended one. */
export const EXTENDED_ID: number = 65_535;
