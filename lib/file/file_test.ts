import assert from "node:assert/strict";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { withDirectory } from "../../testing/with_directory.ts";
import { CorruptFileError } from "./corrupt_file_error.ts";
import { parseJsonObject } from "./parse_json_object.ts";
import { readTextIfAny } from "./read_text_if_any.ts";
import { replaceFile } from "./replace_file.ts";

Deno.test("replaceFile writes all parts, and leaves no other file", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "a.txt");
    await replaceFile(path, ["old"]);
    await replaceFile(path, ["n", Uint8Array.of(101, 119)]);
    assert.equal(await readFile(path, "utf8"), "new");
    assert.deepEqual(await readdir(directory), ["a.txt"]);
  });
});

Deno.test("replaceFile keeps the old content when it fails, and names the file", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "taken");
    await mkdir(join(path, "inside"), { recursive: true });
    await assert.rejects(() => replaceFile(path, ["text"]), /taken/);
    assert.deepEqual(await readdir(directory), ["taken"]);
    assert.deepEqual(await readdir(path), ["inside"]);
  });
});

Deno.test("readTextIfAny tolerates a missing file, and refuses directories and long files", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "a.txt");
    await Deno.writeTextFile(path, "häßlich");
    assert.equal(await readTextIfAny(path), "häßlich");
    assert.equal(await readTextIfAny(join(directory, "none")), undefined);
    assert.equal(await readTextIfAny(join(path, "below a file")), undefined);
    await assert.rejects(() => readTextIfAny(directory), CorruptFileError);
    await assert.rejects(() => readTextIfAny(path, 8), /it has 9 bytes, want at most 8/);
  });
});

Deno.test("parseJsonObject accepts only objects, and quotes nothing of the file", () => {
  assert.deepEqual(parseJsonObject("a.json", '{"a": 1}'), { a: 1 });
  for (const text of ["[1]", "null", "1", '"secret"', "{secret", ""]) {
    assert.throws(() => parseJsonObject("a.json", text), (error: Error) => {
      assert.ok(error instanceof CorruptFileError);
      assert.match(error.message, /^Cannot read a\.json: it is not (JSON|a JSON object)$/);
      return true;
    });
  }
});
