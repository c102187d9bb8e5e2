import { assertEquals, assertThrows } from "@std/assert";
import {
  closeTrace,
  openTrace,
  streamNames,
  traceDirectories,
} from "../../../relay/view/trace_files.ts";

const needed = ["read", "write"] as const;
const ignore = needed.some((name) => Deno.permissions.querySync({ name }).state !== "granted");

/** Makes files with their names as content, in a directory that is removed in the end. */
function withFiles(names: readonly string[], body: (directory: string) => void): void {
  const directory = Deno.makeTempDirSync({ prefix: "ltt-view-" });
  try {
    for (const name of names) {
      const path = `${directory}/${name}`;
      Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
      Deno.writeTextFileSync(path, name);
    }
    body(directory);
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}

Deno.test("traceDirectories() finds a directory with metadata, and those in it", { ignore }, () => {
  const names = ["b/metadata", "b/channel0_0", "a/1/metadata", "a/2/x", "metadata", ".c/metadata"];
  withFiles(names, (directory) => {
    const found = traceDirectories(directory).map((path) => path.slice(directory.length));
    assertEquals(found, ["", "/a/1", "/b"]);
  });
});

Deno.test("traceDirectories() finds none in a directory without any metadata", { ignore }, () => {
  withFiles(["a/metadata/x", "b/channel0_0"], (directory) => {
    assertEquals(traceDirectories(directory), []);
    assertThrows(() => traceDirectories(`${directory}/none`), Deno.errors.NotFound);
  });
});

Deno.test("openTrace() opens metadata and streams, not what is hidden", { ignore }, () => {
  const names = [
    "metadata",
    "channel0_1",
    "channel0_0_0",
    ".statistics.json",
    "index/channel0_0.idx",
  ];
  withFiles(names, (directory) => {
    const trace = openTrace(directory);
    assertEquals(new TextDecoder().decode(trace.metadata), "metadata");
    assertEquals(
      trace.streams.map(({ name }) => name.slice(directory.length)),
      ["/channel0_0_0", "/channel0_1"],
    );
    const [{ source }] = trace.streams;
    const bytes = new Uint8Array(20);
    assertEquals([source.size, source.read(3, bytes)], [12, 9]);
    assertEquals(new TextDecoder().decode(bytes.subarray(0, 9)), "nnel0_0_0");
    assertEquals(source.read(100, bytes), 0);
    closeTrace(trace);
  });
});

Deno.test("streamNames() has files and links to files, nothing else", { ignore }, () => {
  withFiles(["metadata", "a", "d/x"], (directory) => {
    for (const target of ["a", "d", "none", "self", "metadata"]) {
      const name = target === "self" ? "self" : `to_${target}`;
      Deno.symlinkSync(`${directory}/${target}`, `${directory}/${name}`);
    }
    assertEquals(streamNames(directory), ["a", "to_a", "to_metadata"]);
  });
});

Deno.test("streamNames() and traceDirectories() leave out pipes", {
  ignore: ignore || Deno.build.os === "windows" ||
    Deno.permissions.querySync({ name: "run" }).state !== "granted",
}, () => {
  withFiles(["metadata", "b/x"], (directory) => {
    const paths = [`${directory}/pipe`, `${directory}/b/metadata`];
    assertEquals(new Deno.Command("mkfifo", { args: paths }).outputSync().code, 0);
    assertEquals(streamNames(directory), []);
    assertEquals(traceDirectories(directory), [directory]);
  });
});
