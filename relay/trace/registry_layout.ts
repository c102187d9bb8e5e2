/**
 * Where the words of a registry lie: a block of 4 MiB of RAM that all threads of a session share.
 *
 * ```text
 *  byte        0  words   0 MAGIC     1 VERSION   2 LOCK       3 ACTIVE     4 COUNT
 *                         5 NAMES_END 6 TEXT_END  7 RULES      8 UNATTACHED (two words)
 *                        10 THREADS
 *                       256…  STREAMS: for each CPU the frame of its stream's state, 0 for none,
 *                       and that of its ring's control page
 *           4 Ki  FLAGS   a word a tracepoint: 1 while its events are recorded
 *          20 Ki  TABLE   a line of 8 words a tracepoint: where its name begins and how many bytes
 *                         it has, the same of its metadata, its log level, bytes an
 *                         event has at least
 *         148 Ki  RULES   two halves of 8 KiB, one of which is in force: a line a rule
 *         164 Ki  NAMES   of tracepoints
 *         676 Ki  TEXT    the metadata of the trace, tracepoint after tracepoint
 *       4,096 Ki
 * ```
 *
 * Everything but FLAGS and RULES only grows: what is published, by COUNT and TEXT_END, never changes.
 * LOCK is held for microseconds by a thread that declares a tracepoint or changes rules.
 *
 * @module
 */

/** Tracepoints a session can have. */
export const MAX_TRACEPOINTS: number = 4096;

export const REGISTRY_MAGIC = 0x4754_544c;
export const REGISTRY_VERSION = 2;

export const MAGIC = 0;
export const VERSION = 1;
/** 0, or the number of the thread that changes something. */
export const LOCK = 2;
/** 1 while the session records. */
export const ACTIVE = 3;
/** Tracepoints declared. */
export const COUNT = 4;
/** Bytes of NAMES in use. */
export const NAMES_END = 5;
/** Bytes of TEXT in use. */
export const TEXT_END = 6;
/** Bytes of the rules in force, times two, plus which half they are in. */
export const RULES_WORD = 7;
/** Events of threads that have no CPU, all lost: a number of 64 bits. */
export const UNATTACHED = 8;
/** Threads that ever attached. */
export const THREADS = 10;
export const STREAMS = 256;

export const FLAGS_AT = 4096;
export const TABLE_AT = FLAGS_AT + 4 * MAX_TRACEPOINTS;
export const TABLE_WORDS = 8;
export const RULES_AT = TABLE_AT + 4 * TABLE_WORDS * MAX_TRACEPOINTS;
export const RULES_SIZE = 8192;
export const NAMES_AT = RULES_AT + 2 * RULES_SIZE;
export const NAMES_SIZE = 512 * 1024;
export const TEXT_AT = NAMES_AT + NAMES_SIZE;
/** Bytes of a registry. */
export const REGISTRY_SIZE: number = 4 * 1024 * 1024;
export const TEXT_SIZE = REGISTRY_SIZE - TEXT_AT;
