import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  ControlConnection,
  type ControlSocket,
} from "../../../../relay/consume/relayd/control_connection.ts";
import type { ControlRequest } from "../../../../relay/consume/relayd/messages.ts";

/** The other end says what it is told. */
class Socket implements ControlSocket {
  written = 0;
  isClosed = false;
  readonly #chunks: (Uint8Array | Error | null)[] = [];
  #wake: () => void = () => {};

  say(...chunks: (Uint8Array | Error | null)[]): void {
    this.#chunks.push(...chunks);
    this.#wake();
  }

  write(bytes: Uint8Array): Promise<number> {
    this.written += bytes.length;
    return Promise.resolve(bytes.length);
  }

  async read(bytes: Uint8Array): Promise<number | null> {
    while (this.#chunks.length === 0) await new Promise<void>((resolve) => this.#wake = resolve);
    const chunk = this.#chunks[0];
    if (chunk instanceof Error) throw chunk;
    if (chunk === null) return null;
    const count = Math.min(chunk.length, bytes.length);
    bytes.set(chunk.subarray(0, count));
    if (count === chunk.length) this.#chunks.shift();
    else this.#chunks[0] = chunk.subarray(count);
    return count;
  }

  close(): void {
    this.isClosed = true;
    this.say(new Error("closed"));
  }
}

interface Made {
  readonly socket: Socket;
  readonly control: ControlConnection;
  readonly failures: Error[];
}

function make(): Made {
  const socket = new Socket();
  const failures: Error[] = [];
  return { socket, failures, control: new ControlConnection(socket, (why) => failures.push(why)) };
}

const request = (replySize: number): ControlRequest => ({
  what: "something",
  bytes: new Uint8Array(30),
  replySize,
});

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

/** Bytes of replies, the first of which is 1 everywhere, the next 2 … */
const replies = (...sizes: number[]): Uint8Array =>
  Uint8Array.from(sizes.flatMap((size, i) => Array.from({ length: size }, () => i + 1)));

Deno.test("replies come to their requests, divided at any byte", async () => {
  const sizes = [4, 12, 8, 4, 4, 12];
  const bytes = replies(...sizes);
  for (let cut = 0; cut <= bytes.length; cut++) {
    for (let next = cut; next <= bytes.length; next += 5) {
      const { socket, control, failures } = make();
      const asked = sizes.map((size) => control.ask(request(size)));
      const parts = [bytes.subarray(0, cut), bytes.subarray(cut, next), bytes.subarray(next)];
      socket.say(...parts.filter(({ length }) => length > 0));
      const answers = await Promise.all(asked);
      assertEquals(answers.map(({ byteLength }) => byteLength), sizes);
      assertEquals(answers.map((view) => view.getUint8(view.byteLength - 1)), [1, 2, 3, 4, 5, 6]);
      assertEquals([failures, control.silenceMs], [[], 0]);
      control.close();
    }
  }
});

Deno.test("a request without a reply is only sent", async () => {
  const { socket, control } = make();
  control.post(request(0), () => assert(false));
  const asked = control.ask(request(4));
  socket.say(replies(4));
  assertEquals((await asked).getUint8(0), 1);
  assertEquals(socket.written, 60);
  control.close();
});

Deno.test("thousands of replies come at once", async () => {
  const { socket, control, failures } = make();
  let answered = 0;
  for (let i = 0; i < 10_000; i++) control.post(request(12), () => answered++);
  socket.say(new Uint8Array(120_000));
  while (answered < 10_000) await turn();
  assertEquals(failures, []);
  control.close();
});

for (const isBetween of [false, true]) {
  const when = isBetween ? "behind another" : "at any time";
  Deno.test(`a reply that nobody asked for ends the connection: ${when}`, async () => {
    const { socket, control, failures } = make();
    const asked = isBetween ? control.ask(request(4)) : null;
    socket.say(new Uint8Array(isBetween ? 7 : 3));
    await asked;
    await turn();
    assertEquals(failures.map(({ message }) => message), [
      "it has sent 3 bytes that answer nothing",
    ]);
    assert(socket.isClosed);
    await assertRejects(() => control.ask(request(4)), Error, "it is closed");
  });
}

for (const [end, why] of [[null, "it has closed the connection"], [new Error("x"), "x"]] as const) {
  Deno.test(`who waits for a reply is told that the connection has ended: ${why}`, async () => {
    const { socket, control, failures } = make();
    const asked = [control.ask(request(4)), control.ask(request(4))];
    control.post(request(4), () => assert(false));
    socket.say(new Uint8Array(4), new Uint8Array(2), end);
    const [first, second] = await Promise.allSettled(asked);
    assertEquals(first.status, "fulfilled");
    assertEquals(second.status === "rejected" && second.reason.message, why);
    assertEquals(failures.map(({ message }) => message), [why]);
    assert(socket.isClosed);
    control.post(request(4), () => assert(false));
    await control.room();
  });
}

Deno.test("an error that a reply causes ends the connection", async () => {
  const { socket, control, failures } = make();
  control.post(request(4), () => {
    throw new Error("it has refused");
  });
  const asked = control.ask(request(4));
  socket.say(new Uint8Array(8));
  await assertRejects(() => asked, Error, "it has refused");
  assertEquals(failures.length, 1);
});

Deno.test("close() ends without failure", async () => {
  const { socket, control, failures } = make();
  const asked = control.ask(request(4));
  control.close();
  control.close();
  await assertRejects(() => asked, Error, "it is closed");
  await turn();
  assertEquals([failures, socket.isClosed], [[], true]);
});

Deno.test("room() waits while a thousand requests are without reply", async () => {
  const { socket, control } = make();
  const wait = (): { hasRoom: boolean } => {
    const state = { hasRoom: false };
    control.room().then(() => state.hasRoom = true);
    return state;
  };
  for (let i = 0; i < 1023; i++) control.post(request(4));
  await control.room();
  control.post(request(4));
  const first = wait();
  await turn();
  assertEquals(first.hasRoom, false);
  assert(control.silenceMs > 0);
  socket.say(new Uint8Array(4));
  await turn();
  assertEquals(first.hasRoom, true);
  control.post(request(4));
  const second = wait();
  control.close();
  await turn();
  assertEquals(second.hasRoom, true);
});
