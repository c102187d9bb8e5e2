/** A worker of the tests that posts requests to a mailbox, and answers with what came of them. */
import { Mailbox } from "../../../relay/session/mailbox.ts";

/** What the worker is told. */
export interface Posts {
  readonly memory: SharedArrayBuffer;
  /** Start of the texts of the requests. */
  readonly name: string;
  readonly count: number;
}

const worker = globalThis as unknown as { postMessage(message: unknown): void };

globalThis.addEventListener("message", async (event) => {
  const { memory, name, count } = (event as MessageEvent<Posts>).data;
  const mailbox = new Mailbox(memory);
  const answers: string[] = [];
  for (let i = 0; i < count; i++) {
    const number = mailbox.post(i % 2 === 0 ? "exit" : "snapshot", `${name} ${i}`);
    answers.push(await mailbox.answer(number));
  }
  worker.postMessage(answers);
});
