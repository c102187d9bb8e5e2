import { assertEquals, assertStringIncludes } from "@std/assert";
import { record, test } from "./recording.ts";
import { FOR_EVER } from "./support.ts";

for (
  const [option, value, message] of [
    ["--subbufs", "3", "nSubbufs is 3, not a power of two from 2 on"],
    ["--probes", "nope", `Cannot install probes "nope"`],
    ["--context", "host", `no context "host"`],
    ["--cpus", "0", "maxCpus is 0"],
    ["--max-files", "2", "maxFiles is 2, but no maxFileSize says when a file is full"],
  ]
) {
  test(`refuses ${option} ${value} before the program runs`, async (directory) => {
    const { code, out, err } = await record(directory, [option, value, FOR_EVER]);
    assertEquals([code, out], [1, ""]);
    assertStringIncludes(err, message);
  });
}

test("refuses a module to redact by that is not there before the program runs", async (directory) => {
  for (const module of ["./nope.ts", "nope", `file://${directory}/nope.ts`]) {
    const { code, out, err } = await record(directory, ["--redact", module, FOR_EVER]);
    const message = `error: Cannot redact by ${module}: no such file or directory\n`;
    assertEquals([code, out, err], [1, "", message]);
    assertEquals([...Deno.readDirSync(directory)], []);
  }
});

test("ends with one line for arguments it does not understand", async (directory) => {
  const { code, out, err } = await record(directory, ["--seconds", "never", "s.ts"]);
  assertEquals([code, out], [1, ""]);
  assertEquals(err, "error: Cannot use --seconds never: not a number above 0\n");
});

test("refuses a directory to start from that is not there, and makes none", async (directory) => {
  const { code, err } = await record(`${directory}/none`, [FOR_EVER]);
  assertEquals([code, err], [1, `error: Cannot record in ${directory}/none: it is not there\n`]);
  assertEquals([...Deno.readDirSync(directory)], []);
});
