/**
 * Circular doubly linked list whose links lie in the listed objects, as `struct list_head`. An
 * object owns one `ListHead` per list it can be on; the head of a list has no owner.
 * Linux 2.6.29, include/linux/list.h.
 */
export class ListHead<T> {
  /** Following link; the link itself when it is on no list. */
  next: ListHead<T> = this;
  /** Preceding link; the link itself when it is on no list. */
  prev: ListHead<T> = this;
  /** Object this link belongs to, `null` for the head of a list. */
  readonly owner: T | null;

  /** A link on no list, or an empty list when `owner` is left out. */
  constructor(owner: T | null = null) {
    this.owner = owner;
  }

  /** Whether nothing is linked to this link. */
  get empty(): boolean {
    return this.next === this;
  }

  /** Puts `entry` directly behind this link: at the head of the list (`list_add`). */
  add(entry: ListHead<T>): void {
    if (!entry.empty) {
      throw new TypeError("Cannot add to a list: the entry is on a list");
    }
    entry.prev = this;
    entry.next = this.next;
    this.next.prev = entry;
    this.next = entry;
  }

  /** Puts `entry` directly before this link: at the tail of the list (`list_add_tail`). */
  addTail(entry: ListHead<T>): void {
    this.prev.add(entry);
  }

  /** Takes this link off its list; harmless when it is on none (`list_del_init`). */
  del(): void {
    this.next.prev = this.prev;
    this.prev.next = this.next;
    this.next = this;
    this.prev = this;
  }

  /**
   * Owners from the head of the list on. The object just yielded may be taken off the list
   * (`list_for_each_entry_safe`).
   */
  *[Symbol.iterator](): Generator<T, void, undefined> {
    let link = this.next;
    while (link !== this) {
      const following = link.next;
      if (link.owner !== null) yield link.owner;
      link = following;
    }
  }
}
