import { assertEquals, assertStringIncludes } from "@std/assert";
import { BlackBox } from "../../../relay/blackbox/mod.ts";
import { INFO } from "../blackbox/boxes.ts";
import { filesIn } from "../files.ts";
import { killed, recover, stateOf, test } from "./recovering.ts";

/** A black box of a program that is gone, with facts that were not those of a program. */
function hostileBox(directory: string): void {
  const box = new BlackBox(`${directory}/box`, 16);
  const output = "/tmp/\x1b]0;owned\x07\x1b[2J";
  box.describe({ ...INFO, facts: { ...INFO.facts, output } });
  box.close();
}

test("--attach refuses what a session writes itself, and prints its name harmlessly", async (directory) => {
  hostileBox(directory);
  const { code, err } = await recover(directory, ["box", "--attach"]);
  assertEquals(code, 1);
  assertStringIncludes(err, "its own session writes it to /tmp/");
  // deno-lint-ignore no-control-regex
  assertEquals(err.match(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/g), null, JSON.stringify(err));
});

const refused: [string, (directory: string) => void, string][] = [
  ["a file that is not there", () => {}, "no such file or directory"],
  [
    "a file that is no black box",
    (directory) => Deno.writeTextFileSync(`${directory}/box`, "years of work"),
    "cannot read black box BOX: it is none",
  ],
  [
    "a directory",
    (directory) => Deno.mkdirSync(`${directory}/box`),
    "cannot read black box BOX: it is no file",
  ],
];
for (const [what, make, why] of refused) {
  test(`refuses ${what} with one line, and makes no trace`, async (directory) => {
    make(directory);
    const { code, out, err } = await recover(directory, ["box"]);
    assertEquals([code, out], [1, ""]);
    const message = `error: Cannot recover ${directory}/box: ${
      why.replace("BOX", `${directory}/box`)
    }`;
    assertEquals(err.slice(0, message.length), message);
    assertEquals(err.split("\n").length, 2, "one line");
    const names = [...Deno.readDirSync(directory)].map(({ name }) => name);
    assertEquals(names.filter((name) => name !== "box"), []);
  });
}

test("refuses a directory that holds something else, and leaves it alone", async (directory) => {
  await killed(directory, 10);
  const out = `${directory}/mine`;
  Deno.mkdirSync(out);
  Deno.writeTextFileSync(`${out}/thesis.txt`, "years of work");
  const { code, err } = await recover(directory, ["box", "--out", "mine"]);
  const why = `cannot complete trace ${out}: it holds "thesis.txt"`;
  assertEquals([code, err], [1, `error: Cannot write trace to ${out}: ${why}\n`]);
  assertEquals([...filesIn(out).keys()], ["thesis.txt"]);
  assertEquals(stateOf(`${directory}/box`), "holds a trace");
});

test("refuses the trace of another program, and leaves it alone", async (directory) => {
  await killed(directory, 10);
  assertEquals((await recover(directory, ["box", "--out", "trace"])).code, 0);
  const before = filesIn(`${directory}/trace`);
  await killed(directory, 11);
  const { code, err } = await recover(directory, ["box", "--out", "trace"]);
  const why = `cannot complete trace ${directory}/trace: it is another one`;
  assertEquals([code, err], [1, `error: Cannot write trace to ${directory}/trace: ${why}\n`]);
  assertEquals(filesIn(`${directory}/trace`), before);
});
