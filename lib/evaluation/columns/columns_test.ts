import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { fixture } from "../../../fixtures/fixture.ts";
import { DocumentError } from "../documents/document.ts";
import { PythonTemplate } from "../../template/python_template.ts";
import { parseDocuments } from "../documents/parse_documents.ts";
import { pythonString } from "../../python/python_string.ts";
import { pythonJson } from "../../python/python_json.ts";

/**
 * Output per row of a template that prints the column, prints it in a list, or tests it in an `if`.
 */
interface Column {
  readonly text: (string | object)[];
  readonly item?: (string | object)[];
  readonly truth?: (string | object)[];
}
/** Result of lm-evaluation-harness for a file; without documents it failed. */
interface File {
  readonly field?: string;
  /** Prefixes of its documents' hashes. */
  readonly documents?: string[];
  readonly columns?: Record<string, Column>;
}

const FILES = JSON.parse(Deno.readTextFileSync(fixture("columns/expected.json"))) as Record<
  string,
  File
>;
/** Files that the harness reads but covey refuses, with the expected error. */
const REFUSED: Record<string, RegExp> = {
  "nan.jsonl": /line 1: .*N/,
  "inf_short.jsonl": /line 1: .*I/,
  "keys_differ.jsonl": /line 1: .*N/,
  "list_numbers.json": /N/,
  "nulls_first.jsonl": /begins with null/,
  "nulls_first_empty_row.jsonl": /begins with null/,
  "nulls_first_struct.jsonl": /begins with null/,
  "nulls_first_mixed.jsonl": /begins with null/,
  "nulls_twice.jsonl": /begins with null/,
  "nulls_alone.jsonl": /begins with null/,
  "two_on_a_line.jsonl": /line 1/,
  "spread.jsonl": /line 1/,
  "mixed_scalars.jsonl": /may be read as a number or list/,
  "list_after_newline.json": /begins with space/,
  "list_surrogate.json": /unpaired surrogate/,
  "object_field.json": /not be read verbatim/,
  "object_field_types.json": /not be read verbatim/,
  "object_field_texts.json": /want an object/,
  "object_field_columns.json": /not a list of objects/,
};

for (const [name, { columns, documents, field }] of Object.entries(FILES)) {
  Deno.test(`columns of ${name} print as in lm-evaluation-harness`, async () => {
    const read = () =>
      parseDocuments(name, Deno.readFileSync(fixture(`columns/${name}`)), undefined, field);
    if (!documents || REFUSED[name]) {
      await assert.rejects(read, (error: Error) => {
        assert.ok(error instanceof DocumentError, String(error));
        assert.match(error.message, REFUSED[name] ?? /./);
        return true;
      });
      return;
    }
    const rows = await read();
    const hash = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 12);
    assert.deepEqual(rows.map((row) => hash(pythonJson(row, 2))), documents);
    for (const [column, { item, text, truth }] of Object.entries(columns!)) {
      const isName = /^[a-z]\w*$/i.test(column);
      const shown: [source: string, expected: Column["text"] | undefined][] = [
        [`{{ ${column} }}`, text],
        [`{{ [${column}] }}`, item],
        [`{% if ${column} %}yes{% else %}no{% endif %}`, truth],
      ];
      rows.forEach((row, i) => {
        if (column !== "none" && typeof text[i] === "string") {
          assert.equal(pythonString(row[column]), text[i], `${column} ${i}`);
        }
        for (const [source, expected] of isName ? shown : []) {
          if (typeof expected?.[i] !== "string") continue;
          const template = new PythonTemplate(source, { kind: "task" });
          assert.equal(template.render(row, 1e6), expected[i], `${source} ${i}`);
        }
      });
    }
  });
}

const lines = (text: string) => parseDocuments("x.jsonl", new TextEncoder().encode(text));

Deno.test("columns that cannot be represented exactly or expand too much are refused by name", async () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, i) => `{"k${i}": 1}\n`).join("");
  const cases: [text: string, message: RegExp][] = [
    ['{"b": 1, "0": 2}', /the key 0 is a number/],
    ['{"d": {"10": 2, "2": 3}}', /the key 2 is a number/],
    [`{"a": ${"[".repeat(200_000)}${"]".repeat(200_000)}}`, /line 1: /],
    [many(2000), /2000 objects have 2000 different keys/],
    [`{"a": 1}\n{"a": "${"1".repeat(200_000)}x"}`, /^$/],
    [`{"a": 1e999}`, /too large/],
    ['{"a": {"b": 1, "b": 2}}', /duplicate key/],
  ];
  for (const [text, message] of cases) {
    const read = lines(text).then(() => "", (error: Error) => {
      assert.ok(error instanceof DocumentError);
      return error.message;
    });
    assert.match(await read, message);
  }
  const [long] = await lines(`{"a": "${"x".repeat(12_000_000)}"}`);
  assert.equal((long.a as string).length, 12_000_000);
});

Deno.test("a large file whose columns change type is refused", async () => {
  const text = `{"a": 1, "t": "${"x".repeat(1000)}"}\n`.repeat(11_000);
  assert.equal((await lines(text)).length, 11_000);
  await assert.rejects(lines(`${text}{"a": 2.5, "t": ""}`), /mixes integers and other numbers/);
  await assert.rejects(lines(`${text}{"a": "b", "t": ""}`), /of several kinds: number, text/);
});
