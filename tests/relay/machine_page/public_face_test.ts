import { assert, assertMatch } from "@std/assert";

const folder = new URL("../../../relay/machine_page/", import.meta.url);

Deno.test({
  name: "the machine's page stands on the public face of the package alone",
  ignore: Deno.permissions.querySync({ name: "read", path: folder }).state !== "granted",
  fn: async () => {
    let imports = 0;
    for (const part of ["", "scenarios/"]) {
      for await (const { name } of Deno.readDir(new URL(part, folder))) {
        if (!name.endsWith(".ts")) continue;
        const text = await Deno.readTextFile(new URL(part + name, folder));
        for (const [, specifier] of text.matchAll(/from\s+"([^"]+)"/g)) {
          const own = part === ""
            ? /^\.\/(?!mod\.ts)|^\.\.\/\.\.\/mod\.ts$/
            : /^\.\.?\/(?!\.|mod\.ts)/;
          assertMatch(specifier, own, name);
          imports++;
        }
      }
    }
    assert(imports > 50, `${imports} imports`);
  },
});
