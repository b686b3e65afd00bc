import assert from "node:assert/strict";
import { join } from "node:path";
import { withDirectory } from "../../../testing/with_directory.ts";
import { PythonFloat } from "../../python/python_object.ts";
import { textTask } from "../text_task.ts";
import { DocumentError } from "./document.ts";
import { documentLines } from "./document_lines.ts";
import { fitsStars } from "./fits_stars.ts";

Deno.test("fitsStars matches names as a shell does, in time independent of the number of stars", () => {
  for (const [pattern, name] of [["*.jsonl", "a.jsonl"], ["a*b*c", "a-b-b-c"], ["**", ""]]) {
    assert.ok(fitsStars(pattern, name), `${pattern} ${name}`);
  }
  for (const [pattern, name] of [["*.jsonl", "a.json"], ["ab*ba", "aba"], ["a*b*c", "ac"]]) {
    assert.ok(!fitsStars(pattern, name), `${pattern} ${name}`);
  }
  assert.ok(!fitsStars("*a".repeat(2000) + "b", "a".repeat(20_000)));
});

Deno.test("documentLines writes documents that read back the same, and refuses others", () => {
  const rows = [{ question: "2 + 2?", choices: ["3", "4"], share: 0.5 }];
  assert.deepEqual(documentLines("sums", rows), [
    '{"question":"2 + 2?","choices":["3","4"],"share":0.5}\n',
  ]);
  assert.deepEqual(documentLines("sums", []), []);
  assert.deepEqual(documentLines("a", [{ whole: new PythonFloat(1) }]), ['{"whole":1.0}\n']);
  for (const value of ["2026-11-30", NaN, 2n ** 70n]) {
    assert.throws(() => documentLines("a", [{ value }]), DocumentError, String(value));
    const last = [{ value: 1 }, { value: 2 }, { value }];
    if (Number.isNaN(value)) assert.throws(() => documentLines("a", last), /represent document 2/);
  }
});

Deno.test("a text becomes one page per document, a shard becomes samples sharing one token", async () => {
  await withDirectory(async (directory) => {
    const text = join(directory, "a.jsonl");
    await Deno.writeTextFile(text, '{"text":"one"}\n{"text":"two"}\n');
    const pages = await textTask("a", text, 4);
    assert.equal(pages.task.kind, "page");
    assert.deepEqual(pages.documents, [{ page: "one" }, { page: "two" }]);
    const shard = join(directory, "a.npy");
    const header = "{'descr': '<u2', 'fortran_order': False, 'shape': (6,), }".padEnd(117) + "\n";
    const bytes = Uint8Array.from([
      ...[0x93, ..."NUMPY"].map((c) => typeof c === "string" ? c.charCodeAt(0) : c),
      1,
      0,
      118,
      0,
      ...[...header].map((c) => c.charCodeAt(0)),
      ...[0, 1, 2, 3, 4, 5].flatMap((token) => [token, 0]),
    ]);
    await Deno.writeFile(shard, bytes);
    const { documents, task } = await textTask("b", shard, 3);
    assert.equal(task.kind, "tokens");
    assert.deepEqual(documents, [{ tokens: [0, 1, 2, 3] }, { tokens: [3, 4, 5] }]);
  });
});
