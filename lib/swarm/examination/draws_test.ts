import assert from "node:assert/strict";
import { drawsOf } from "./draws.ts";

Deno.test("drawsOf depends on nonce and purpose only", () => {
  const first = (nonce: string, purpose: string) => drawsOf(nonce, purpose).uniform();
  assert.equal(first("aa", "own 1"), first("aa", "own 1"));
  const all = [first("aa", "own 1"), first("bb", "own 1"), first("aa", "own 2")];
  assert.equal(new Set(all).size, 3);
});
