import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { fixture } from "../../fixtures/fixture.ts";
import { parseNpy } from "./npy.ts";
import { textFormat } from "./text_format.ts";

const bytes = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

Deno.test("textFormat ignores the case of names, and prefers content to names", () => {
  const cases: [string, string, string][] = [
    ["a.txt", "To be", "text"],
    ["README", "{ not JSON", "text"],
    ["UP.JSONL", '{"text": "a"}\n', "lines"],
    ["a.Ndjson", '{"body": "a"}\n', "lines"],
    ["lines.txt", '{"text": "a", "n": 1}\n{"text": "b"}\n', "lines"],
    ["a.JSON", '[{"text": "a"}]', "list"],
    ["A.NPY", "anything", "shard"],
    ["tokens.dat", "\x93NUMPY\x01\x00", "shard"],
    ["escape.log", "\x1b[1mbold\x1b[0m".repeat(9), "text"],
  ];
  for (const [name, content, format] of cases) {
    assert.equal(textFormat(name, bytes(content)), format, name);
  }
});

Deno.test("textFormat reports what a non-text file looks like", () => {
  const cases: [string, string, RegExp][] = [
    ["tokens.bin", "abc", /raw binary data/],
    ["tokens.u16", "\x05\x00\x07\x01", /token ids without the header of a .npy file: byte 1 is 0/],
    ["tokens.u8", "\x05\x06\x07\x01\x02", /control characters/],
    ["a.txt", "PAR1....", /a Parquet file/],
    ["a.jsonl", "\x1f\x8b\x08", /a gzip archive/],
    ["a.txt", "\xff\xfea\x00", /UTF-16/],
    ["TABLE.CSV", "text,n\na,1\n", /a CSV table/],
  ];
  for (const [name, content, message] of cases) {
    assert.throws(() => textFormat(name, bytes(content)), message, name);
  }
});

Deno.test("textFormat accepts any bytes, and throws only RangeErrors", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), fc.string(), (content, name) => {
    try {
      assert.match(textFormat(name, content), /^(text|lines|list|shard)$/);
    } catch (error) {
      assert.ok(error instanceof RangeError);
    }
  }));
});

Deno.test("parseNpy reads integers saved by numpy if their values fit", () => {
  const read = (name: string) => parseNpy(Deno.readFileSync(fixture(`shards/${name}.npy`)));
  for (const type of ["i4", "i8", "u4", "u8"]) {
    assert.deepEqual([...read(type)], [1, 2, 256, 0, 70000, 5], type);
  }
  assert.deepEqual([...read("i2_vector")], [1, 2, 256]);
  assert.throws(() => read("negative"), /token 1 is -100, want 0 to 4294967295/);
  assert.throws(() => read("large"), /token 1 is 4294967296/);
  for (const name of ["fortran", "floats", "big_endian"]) {
    assert.throws(() => read(name), /want whole numbers in one or two dimensions/, name);
  }
});

Deno.test("parseNpy reads a view of a larger buffer, as Node returns for files", () => {
  const file = Deno.readFileSync(fixture("shards/i8.npy"));
  const buffer = Buffer.concat([Buffer.alloc(3), file]).subarray(3);
  assert.deepEqual([...parseNpy(buffer)], [1, 2, 256, 0, 70000, 5]);
});
