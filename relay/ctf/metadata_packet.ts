/**
 * Metadata in packets, little-endian and without gaps: what is appended to it while somebody reads must
 * come so, for a text has its version in its first line alone.
 *
 * ```text
 *   0  u32 magic 0x75D11D57      24  u32 content_size, bits       33  u8 encryption_scheme, 0
 *   4  u8  uuid[16]              28  u32 packet_size, bits        34  u8 checksum_scheme, 0
 *  20  u32 checksum, 0           32  u8  compression_scheme, 0    35  u8 major 1, 36  u8 minor 8
 *  37  text
 * ```
 *
 * @module
 */

/** First word of a packet of metadata. CTF 1.8, 7.1. */
export const METADATA_MAGIC: number = 0x75d11d57;
/** Bytes before the text. */
export const METADATA_HEADER_SIZE: number = 37;

/** A packet of the metadata of the trace `uuid`: declarations as a whole. */
export function metadataPacket(uuid: Uint8Array, text: Uint8Array): Uint8Array<ArrayBuffer> {
  const packet = new Uint8Array(METADATA_HEADER_SIZE + text.length);
  const view = new DataView(packet.buffer);
  view.setUint32(0, METADATA_MAGIC, true);
  packet.set(uuid, 4);
  view.setUint32(24, 8 * packet.length, true);
  view.setUint32(28, 8 * packet.length, true);
  packet.set([1, 8], 35);
  packet.set(text, METADATA_HEADER_SIZE);
  return packet;
}
