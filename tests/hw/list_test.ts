import { ListHead } from "@ltt/relay/hw";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";

/** Owners from the tail on, by the links the iterator does not use. */
function backwards(head: ListHead<string>): string[] {
  const owners: string[] = [];
  for (let link = head.prev; link !== head; link = link.prev) owners.push(link.owner ?? "(head)");
  return owners;
}

/** Both directions at once: a broken link shows in one of them. */
function assertList(head: ListHead<string>, expected: string[], message: string): void {
  assertEquals([...head], expected, `${message}, from the head on`);
  assertEquals(backwards(head), expected.toReversed(), `${message}, from the tail on`);
}

function listOf(...names: string[]): [ListHead<string>, ListHead<string>[]] {
  const head = new ListHead<string>();
  const links = names.map((name) => new ListHead(name));
  for (const link of links) head.addTail(link);
  return [head, links];
}

Deno.test("ListHead() is empty and links to itself, when nothing was added", () => {
  const head = new ListHead<string>();
  assert(head.empty, "a list nobody added to should be empty");
  assertStrictEquals(head.next, head, "next of an empty list should be the list itself");
  assertList(head, [], "an empty list");
});

Deno.test("ListHead.add() puts the last added first, as a stack", () => {
  const head = new ListHead<string>();
  for (const name of ["a", "b", "c"]) head.add(new ListHead(name));
  assertList(head, ["c", "b", "a"], "a, b, c added at the head");
});

Deno.test("ListHead.addTail() puts the last added last, as a queue", () => {
  const head = new ListHead<string>();
  for (const name of ["a", "b", "c"]) head.addTail(new ListHead(name));
  assertList(head, ["a", "b", "c"], "a, b, c added at the tail");
});

Deno.test("ListHead.add() puts an entry behind a member, when called on the member", () => {
  const [head, [a]] = listOf("a", "c");
  a.add(new ListHead("b"));
  assertList(head, ["a", "b", "c"], "b added behind a");
});

Deno.test("ListHead.addTail() puts an entry before a member, when called on the member", () => {
  const [head, [, c]] = listOf("a", "c");
  c.addTail(new ListHead("b"));
  assertList(head, ["a", "b", "c"], "b added before c");
});

for (const method of ["add", "addTail"] as const) {
  Deno.test(`ListHead.${method}() refuses an entry, when it is on a list`, () => {
    const [head, [, b]] = listOf("a", "b", "c");
    const other = new ListHead<string>();
    assertThrows(() => other[method](b), TypeError, "on a list", "b is on another list");
    assertThrows(() => head[method](b), TypeError, "on a list", "b is on this very list");
    assertList(head, ["a", "b", "c"], "the list b was on before both attempts");
    assertList(other, [], "the list that was refused b");
  });
}

Deno.test("ListHead.del() takes a link off its list and leaves it linked to itself", () => {
  const [head, [a, b, c]] = listOf("a", "b", "c");
  b.del();
  assertList(head, ["a", "c"], "b taken out of the middle");
  assert(b.empty, "b should be on no list after del()");
  assertStrictEquals(b.prev, b, "prev of b should be b itself after del()");
  a.del();
  c.del();
  assert(head.empty, "the list should be empty after all were taken off");
});

Deno.test("ListHead.del() changes nothing, when called again", () => {
  const [head, [, b]] = listOf("a", "b", "c");
  b.del();
  b.del();
  assertList(head, ["a", "c"], "b taken off twice");
});

Deno.test("ListHead.add() takes an entry again, when it was taken off another list", () => {
  const [head, [, b]] = listOf("a", "b");
  const other = new ListHead<string>();
  b.del();
  other.add(b);
  assertList(head, ["a"], "the list b came from");
  assertList(other, ["b"], "the list b went to");
});

Deno.test("ListHead yields the others without the head, when it starts from a member", () => {
  const [, [, b]] = listOf("a", "b", "c");
  assertEquals([...b], ["c", "a"], "members as b sees them: to the end, then from the start");
});

Deno.test("ListHead goes on with the next one, when the one just yielded is taken off", () => {
  const [head, links] = listOf("a", "b", "c", "d");
  const seen: string[] = [];
  for (const name of head) {
    seen.push(name);
    if (name === "b" || name === "c") links.find((link) => link.owner === name)?.del();
  }
  assertEquals(seen, ["a", "b", "c", "d"], "members seen while b and c were taken off");
  assertList(head, ["a", "d"], "what is left");
});
