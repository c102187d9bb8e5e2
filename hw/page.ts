import { ListHead } from "./list.ts";
import { type Address, PAGE_SIZE, type Pfn } from "./ram.ts";

/** Bit of `Page.flags`: the page is being used by I/O. Linux 2.6.29, include/linux/page-flags.h. */
export const PG_locked: number = 0;
/** Bit of `Page.flags`: nobody may touch the page. */
export const PG_reserved: number = 10;
/** Bit of `Page.flags`: a file system keeps data in `private`. */
export const PG_private: number = 11;
/** Bit of `Page.flags`: first page of a free block. */
export const PG_buddy: number = 18;

/**
 * Flags with which a page is bad when its last reference goes. Besides the above these are lru 5,
 * active 6, slab 7, writeback 12, swapcache 15, unevictable 20 and mlocked 21.
 */
export const PAGE_FLAGS_CHECK_AT_FREE: number = [
  PG_locked,
  5,
  6,
  7,
  PG_reserved,
  PG_private,
  12,
  15,
  PG_buddy,
  20,
  21,
]
  .reduce((flags, bit) => flags | 1 << bit, 0);

/** What the machine knows of a page frame (`struct page`). */
export class Page {
  /** Number of the frame. */
  readonly pfn: Pfn;
  /** Node the frame lies on. */
  readonly nid: number;
  /** Bits `1 << PG_*`. All clear when the page is handed out. */
  flags: number = 0;
  /** References; 0 for a free page and for all pages of a block but its first. */
  count: number = 0;
  /** The owner's to use; of the first page of a free block the block's order. */
  private: unknown = 0;
  /** Order of the block this page is the first of, free or handed out; -1 for any other page. */
  order: number = -1;
  /** Link on a free list. */
  readonly lru: ListHead<Page> = new ListHead<Page>(this);

  /** @ignore Frame `pfn` of node `nid`, in nobody's hands. */
  constructor(pfn: Pfn, nid: number) {
    this.pfn = pfn;
    this.nid = nid;
  }
}

/** Address of the first byte of a page (`page_address`). */
export function pageAddress(page: Page): Address {
  return page.pfn * PAGE_SIZE;
}

/** Node a page lies on (`page_to_nid`). */
export function pageToNid(page: Page): number {
  return page.nid;
}

/** Stores the owner's own value; a plain store without side effect (`set_page_private`). */
export function setPagePrivate(page: Page, value: unknown): void {
  page.private = value;
}

/** Takes one more reference to a page that somebody holds (`get_page`). */
export function getPage(page: Page): void {
  if (page.count <= 0) throw new TypeError(`Cannot get page ${page.pfn}: nobody holds it`);
  page.count++;
}
