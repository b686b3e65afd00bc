import assert from "node:assert/strict";
import { drawsOf } from "./draws.ts";

Deno.test("draws follow from nonce and purpose, and from nothing else", () => {
  const first = (nonce: string, purpose: string) => drawsOf(nonce, purpose).uniform();
  assert.equal(first("aa", "own 1"), first("aa", "own 1"));
  const all = [first("aa", "own 1"), first("bb", "own 1"), first("aa", "own 2")];
  assert.equal(new Set(all).size, 3);
});
