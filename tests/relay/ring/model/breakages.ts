import { assert, assertThrows } from "@std/assert";
import { explore } from "./explore.ts";
import { scenario } from "./ring_scenario.ts";
import { keepAll, keepNewest, peekAtNewest, type Script, wrapIntoOpen } from "./scripts.ts";
import { type Patch, stepCode } from "./step_code.ts";

/** What was done to the shipped code, and the property that does not hold then. */
interface Breakage {
  readonly what: string;
  readonly patches: readonly Patch[];
  readonly script: Script;
  readonly property: string;
}

const breakages: readonly Breakage[] = [
  {
    what: "DELIVERED is stored before DATA_SIZE",
    patches: [
      { file: "write_subbufs.ts", from: "    this.end(trunc, dataSize);\n", to: "" },
      {
        file: "write_subbufs.ts",
        from: "    this.deliver(trunc, count);\n",
        to: "    this.deliver(trunc, count);\n    this.end(trunc, dataSize);\n",
      },
    ],
    script: keepAll,
    property: "torn",
  },
  {
    what: "DELIVERED is stored without releasing what was stored before",
    patches: [{
      file: "write_subbufs.ts",
      from: "storeRelease(words, record + DELIVERED, count)",
      to: "writeOnce(words, record + DELIVERED, count)",
    }],
    script: keepAll,
    property: "race",
  },
  {
    what: "the writer looks at CONSUMED without acquiring it",
    patches: [{
      file: "write_subbufs.ts",
      from: "const consumed = loadAcquire(control, CONSUMED);",
      to: "const consumed = readOnce(control, CONSUMED);",
    }],
    script: keepAll,
    property: "race",
  },
  {
    what: "a sub-buffer is delivered when it is closed, open slots in it or not",
    patches: [{
      file: "write_subbufs.ts",
      from: "const count = (readOnce(words, record + COMMIT_COUNT) + subbufSize - dataSize) | 0;",
      to: "const count = (geometry.lap(trunc) + subbufSize) | 0;",
    }],
    script: keepAll,
    property: "torn",
  },
  {
    what: "commit does not deliver",
    patches: [{ file: "writer.ts", from: "this.#subbufs.deliver(begin, count);", to: "" }],
    script: keepAll,
    property: "stuck",
  },
  {
    what: "the doorbell is rung before the sub-buffer is delivered",
    patches: [
      {
        file: "write_subbufs.ts",
        from: "    if (this.#doorbells !== null) ringDoorbell(this.#doorbells, cpu);\n",
        to: "",
      },
      {
        file: "write_subbufs.ts",
        from: "    storeRelease(words, record + DELIVERED, count);\n",
        to: "    if (this.#doorbells !== null) ringDoorbell(this.#doorbells, cpu);\n" +
          "    storeRelease(words, record + DELIVERED, count);\n",
      },
    ],
    script: keepAll,
    property: "asleep",
  },
  {
    what: "the writer enters a place that holds an open slot",
    patches: [{
      file: "write_subbufs.ts",
      from: "if (!geometry.isFree(delivered, trunc)) return LOST_WRAP;",
      to: "",
    }],
    script: wrapIntoOpen,
    property: "stuck",
  },
  {
    what: "the writer enters a sub-buffer too many before the reader is done with it",
    patches: [{
      file: "write_subbufs.ts",
      from: ">= geometry.bufSize ? LOST_FULL",
      to: "> geometry.bufSize ? LOST_FULL",
    }],
    script: keepAll,
    property: "torn",
  },
  {
    what: "the writer waits for the reader where it should refuse",
    patches: [{
      file: "write_subbufs.ts",
      from: "return ((trunc - consumed) | 0) >= geometry.bufSize ? LOST_FULL : 0;",
      to: "while (((trunc - loadAcquire(control, CONSUMED)) | 0) >= geometry.bufSize);\n" +
        "    return 0 * consumed;",
    }],
    script: keepAll,
    property: "blocked",
  },
  {
    what: "the reader consumes before it reads",
    patches: [{
      file: "reader.ts",
      from: "    const subbuf = new Subbuf(",
      to: "    storeRelease(control, CONSUMED, geometry.subbufAlign(position));\n" +
        "    const subbuf = new Subbuf(",
    }],
    script: keepAll,
    property: "torn",
  },
  {
    what: "the reader does not consume",
    patches: [{
      file: "reader.ts",
      from: "    while (((consumed - next) | 0) < 0) {",
      to: "    while (false) {",
    }],
    script: keepAll,
    property: "repeated",
  },
  {
    what: "NOREF is not cleared when the writer enters",
    patches: [{ file: "write_subbufs.ts", from: "+ ID, ~NOREF);", to: "+ ID, -1);" }],
    script: keepNewest,
    property: "torn",
  },
  {
    what: "the reader is not pushed on",
    patches: [{ file: "write_subbufs.ts", from: "this.#pushReader(trunc);", to: "" }],
    script: keepNewest,
    property: "stuck",
  },
  {
    what: "the reader is pushed on by a plain store",
    patches: [{
      file: "write_subbufs.ts",
      from: "const found = cmpxchg(control, CONSUMED, consumed, pushed);",
      to: "const found = consumed;\n      writeOnce(control, CONSUMED, pushed);",
    }],
    script: keepNewest,
    property: "race",
  },
  {
    what: "the reader consumes by a store, though the writer may have pushed it on",
    patches: [{
      file: "reader.ts",
      from: "const found = cmpxchg(control, CONSUMED, consumed, next);",
      to: "const found = consumed;\n      storeRelease(control, CONSUMED, next);",
    }],
    script: keepNewest,
    property: "stuck",
  },
  {
    what: "the reader checks and stores the ID where it should compare and exchange",
    patches: [{
      file: "spare_subbuf.ts",
      from: "if (cmpxchg(words, place + ID, id, lap | spare | NOREF) !== id) return null;",
      to: "if (loadAcquire(words, place + ID) !== id) return null;\n" +
        "      storeRelease(words, place + ID, lap | spare | NOREF);",
    }],
    script: keepNewest,
    property: "torn",
  },
  {
    what: "the reader does not look whose lap the place holds",
    patches: [{ file: "spare_subbuf.ts", from: " || geometry.bufTrunc(id) !== lap", to: "" }],
    script: keepNewest,
    property: "order",
  },
  {
    what: "the reader forgets which sub-buffer it took",
    patches: [{
      file: "spare_subbuf.ts",
      from: "writeOnce(control, READER_ID, index << 1);",
      to: "",
    }],
    script: keepNewest,
    property: "torn",
  },
  {
    what: "the reader puts back a sub-buffer where the writer is",
    patches: [{
      file: "spare_subbuf.ts",
      from: "if (cmpxchg(words, word, this.#exchanged, id) !== this.#exchanged) return;",
      to: "storeRelease(words, word, id);",
    }],
    script: peekAtNewest,
    property: "torn",
  },
];

for (const { what, patches, script, property } of breakages) {
  Deno.test(`explore() finds that "${property}" is violated, when ${what}`, () => {
    const broken = scenario(stepCode(...patches), script);
    const { states, violations } = explore(broken, { until: property });
    const found = [...violations.keys()].join(", ") || "nothing";
    assert(violations.has(property), `${found} was found in ${states} states`);
  });
}

Deno.test("stepCode() refuses a patch that does not match exactly once", () => {
  for (const from of ["no such text", "storeRelease"]) {
    assertThrows(() => stepCode({ file: "write_subbufs.ts", from, to: "" }), Error, "Cannot patch");
  }
});
