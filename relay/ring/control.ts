/**
 * Where the words of a ring lie in its control pages, which are taken from the node of the buffer.
 * All that a thread needs to write or read the ring stands here, so that RAM and the address of the
 * first page are enough. A word has 32 bits; offsets are those of {@linkcode RingGeometry}.
 *
 * ```text
 *  a page: 1,024 words, 64 lines of 16 (a line of the processor's cache each)
 *
 *  line 0    0 MAGIC         1 VERSION       2 SUBBUF_ORDER  3 N_SUBBUFS_ORDER   written before
 *            4 HEADER_SIZE   5 OVERWRITE     6 CPU           7 BOUNCE            anybody knows
 *            8 NEXT                                                              of the ring
 *  line 1   16 OFFSET       17 COMMITTED    18 OPEN_SLOTS   19 SWITCHING         the writer's
 *           20 OPENED       21 WRAPS        22 UNPADDED
 *           24… LOST, by cause
 *  line 2   32 CONSUMED     33 WRITER       34 READER       35 FINALIZED         anybody's
 *           36 READER_ID    37 READ_SEQ     38 READ_SEQ_HIGH                     the reader's
 *  line 3   free
 *  line 4…  60 records of 16 words
 *
 *  The first page has lines 0 to 2; all have NEXT, the frame number of the page that follows or -1,
 *  and records. They are numbered through the pages.
 *
 *  record r   0 COMMIT_COUNT   1 DELIVERED   2 ID   3 HELD          of place r in the round
 *             4 PFN   5 PAGES  6 MORE_RUNS                          of sub-buffer r, fixed
 *             7 DATA_SIZE      8 SUBBUF_SEQ   9 SUBBUF_SEQ_HIGH     of what sub-buffer r holds
 *            10… SUBBUF_LOST, by cause
 *
 *  Records 0 to nSubbufs - 1 are of the places the writer goes round and of the sub-buffers that
 *  stood there first; record nSubbufs is of the reader's spare sub-buffer, in overwrite mode. A
 *  sub-buffer whose frames are not adjacent has runs of them: the first in its own record, the
 *  others from record MORE_RUNS on, eight pairs of PFN and PAGES a record.
 *
 *  ID   31                    0
 *       +----------+---------+-+     lap: start of the lap whose data the place holds; the bits
 *       |   lap    | sub-buf |N|          below it are free, for a sub-buffer is a page or more
 *       +----------+---------+-+     N: NOREF, the writer is not in it
 *
 *       writer enters     NOREF cleared                        in one step, whoever stood there
 *       writer delivers   lap and NOREF set                    the reader leaves it alone meanwhile
 *       reader gets       exchanged for READER_ID, if it is    compare-and-exchange
 *                         of the lap wanted and has NOREF
 *       reader puts       exchanged back, if the writer has    compare-and-exchange
 *                         not entered meanwhile
 * ```
 *
 * Lines keep what the writer stores at every event apart from what the reader polls. With WRAPS,
 * OPENED gives a sub-buffer a number of its own, of two words; offsets alone repeat after 2^32.
 *
 * Source of the scheme: LTTng's `ring_buffer_frontend.c` and `ring_buffer_backend.c`.
 *
 * @module
 */

/** Words of a line of the processor's cache. */
export const LINE_WORDS = 16;

// Line 0.
export const MAGIC = 0;
export const VERSION = 1;
export const SUBBUF_ORDER = 2;
export const N_SUBBUFS_ORDER = 3;
/** Bytes the client fills at the start of each sub-buffer. */
export const HEADER_SIZE = 4;
/** 1 in overwrite mode, 0 in discard mode. */
export const OVERWRITE = 5;
export const CPU = 6;
/** First frame of the pages in which slots across two runs are assembled, NO_PAGE for none. */
export const BOUNCE = 7;
/** Frame of the control page that follows, NO_PAGE for none. */
export const NEXT = 8;

/** In the place of a frame number: there is none. */
export const NO_PAGE = -1;

// Line 1.
/** Where the writer will reserve next. */
export const OFFSET = 16;
/** All that was reserved below is committed. */
export const COMMITTED = 17;
/** Slots open while they have to be counted; 0 while there is at most one, from COMMITTED to OFFSET. */
export const OPEN_SLOTS = 18;
/** What the writer is about besides slots: 0, CLOSING or OPENING a sub-buffer. */
export const SWITCHING = 19;
export const CLOSING = 1;
export const OPENING = 2;
/** Start of the sub-buffer opened last. */
export const OPENED = 20;
/** How often OPENED has come to 0, not counting the first time; -1 before that. */
export const WRAPS = 21;
/** Commit count of the sub-buffer being closed, before its padding was added. */
export const UNPADDED = 22;
/** Events lost, a word for each cause. */
export const LOST = 24;

// Line 2.
/** Where the reader will read next. */
export const CONSUMED = 32;
/** 1 while a writer is attached. */
export const WRITER = 33;
/** 1 while a reader is attached. */
export const READER = 34;
/** 1 once nothing more will come. */
export const FINALIZED = 35;
/** The reader's own ID word. */
export const READER_ID = 36;
/** Number of the sub-buffer the reader has not consumed or missed yet, low and high word. */
export const READ_SEQ = 37;

/** First record in a page, and how many there are. */
export const RECORDS = 4 * LINE_WORDS;
export const RECORDS_PER_PAGE = 60;

// Words of a record.
/** Bytes committed in this place since the ring was made, padding and header included. */
export const COMMIT_COUNT = 0;
/** Commit count when the place was delivered last. */
export const DELIVERED = 1;
export const ID = 2;
/** Slots committed here while another one was open. */
export const HELD = 3;
export const PFN = 4;
export const PAGES = 5;
export const MORE_RUNS = 6;
/** Bytes from the start of the header to the end of the last slot. */
export const DATA_SIZE = 7;
/** Number of the sub-buffer, low and high word. */
export const SUBBUF_SEQ = 8;
/** Events lost until the sub-buffer was filled, a word for each cause. */
export const SUBBUF_LOST = 10;

/** Runs a record has room for. */
export const RUNS_PER_RECORD = 8;

/** Bit of an ID: no writer is in the sub-buffer. */
export const NOREF = 1;

/** First word of the first control page: "LTTR". */
export const RING_MAGIC = 0x5254_544c;
/** Version of this layout. */
export const RING_VERSION = 1;
