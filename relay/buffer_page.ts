import { ListHead } from "../hw/list.ts";
import { type Page, pageAddress } from "../hw/page.ts";
import type { Address } from "../hw/ram.ts";

/**
 * One page of a buffer (`struct buf_page`). Where it lies in the buffer stands here and not in the
 * page frame, so that the frame can be given to a disk or network as it is.
 */
export class BufferPage {
  /** The page frame; its private value leads back here. */
  readonly page: Page;
  /** Offset of the page's first byte in the buffer. */
  readonly offset: number;
  /** Address of the page's first byte in RAM. */
  readonly address: Address;
  /** Link on the buffer's list of pages. */
  readonly list: ListHead<BufferPage> = new ListHead<BufferPage>(this);

  /** @ignore Page frame `page` as the bytes from `offset` on. */
  constructor(page: Page, offset: number) {
    this.page = page;
    this.offset = offset;
    this.address = pageAddress(page);
  }
}
