import assert from "node:assert/strict";
import fc from "fast-check";
import { fixture } from "../../../fixtures/fixture.ts";
import { DocumentError } from "./document.ts";
import { parseDocuments } from "./parse_documents.ts";

const PARQUET = await Deno.readFile(fixture("harness/arc_easy_test.parquet"));
const bytesOf = (text: string) => new TextEncoder().encode(text);

Deno.test("parseDocuments reads the same rows from Parquet, lines and a list", async () => {
  const lines = await Deno.readFile(fixture("harness/documents/arc_easy/test.jsonl"));
  const rows = await parseDocuments("test.jsonl", lines);
  assert.equal(rows.length, 14);
  const parquet = await parseDocuments("test.parquet", PARQUET);
  // Hashes depend on column order, so it must match too.
  assert.equal(JSON.stringify(parquet), JSON.stringify(rows));
  assert.deepEqual(await parseDocuments("test.json", bytesOf(JSON.stringify(rows))), rows);
  assert.deepEqual(await parseDocuments("e.jsonl", bytesOf('\n{"a":1}\r\n\n')), [{ a: 1 }]);
});

Deno.test("parseDocuments reports the file and line that it cannot read", async () => {
  const cases: [name: string, text: string, message: RegExp][] = [
    ["a.jsonl", '{"a":1}\n{"b"\n', /from a\.jsonl: line 2:/],
    ["a.jsonl", '{"a":1}\n[1]\n', /a row is \[1\], want an object/],
    ["a.json", "{}", /its rows have no columns/],
    ["a.json", "[]", /it is not a list of objects/],
    ["a.jsonl", '{"a":1,"a":2}', /line 1: duplicate key/],
    ["a.jsonl", `{"a":${"[".repeat(200)}${"]".repeat(200)}}`, /nested more than 100 deep/],
    ["a.csv", "a,b", /want a name that ends in \.parquet, \.jsonl, \.json/],
    ["a.parquet", "PAR1", /from a\.parquet: /],
  ];
  for (const [name, text, message] of cases) {
    await assert.rejects(() => parseDocuments(name, bytesOf(text)), (error: Error) => {
      assert.ok(error instanceof DocumentError);
      assert.match(error.message, message);
      return true;
    });
  }
});

Deno.test("parseDocuments throws typed errors only, whatever a Parquet file holds", async () => {
  const change = fc.tuple(fc.nat(PARQUET.length - 1), fc.integer({ min: 0, max: 255 }));
  await fc.assert(
    fc.asyncProperty(
      fc.array(change, { minLength: 1, maxLength: 6 }),
      fc.nat(PARQUET.length),
      async (changes, cut) => {
        const bytes = cut % 3 === 0 ? PARQUET.slice(0, cut) : PARQUET.slice();
        for (const [at, value] of changes) bytes[at % Math.max(1, bytes.length)] = value;
        try {
          await parseDocuments("x.parquet", bytes);
        } catch (error) {
          assert.ok(error instanceof DocumentError, String(error));
        }
      },
    ),
    { seed: 5, numRuns: 400 },
  );
});
