import assert from "node:assert/strict";
import fc from "fast-check";
import { keypairFromSeed, verifySignature } from "../chain/keypair.ts";
import { SeededRandom } from "../random/seeded_random.ts";
import { decodeManifest, encodeManifest, type Manifest } from "./manifest.ts";
import { RefusedError } from "./refusal.ts";

const KEY = keypairFromSeed(new Uint8Array(32).fill(1), new SeededRandom(1n));
const MANIFEST: Manifest = {
  run: "ab".repeat(32),
  window: 5,
  uid: 2,
  bytes: 1000,
  sha256: "cd".repeat(32),
  sampleDigest: "ef".repeat(16),
  sampleCount: 120,
};
const verify = (message: Uint8Array, signature: Uint8Array) =>
  verifySignature(KEY.hotkey, message, signature);
const BYTES = encodeManifest(MANIFEST, (message) => KEY.sign(message));

Deno.test("decodeManifest returns the signed manifest", () => {
  assert.deepEqual(decodeManifest(BYTES, verify), MANIFEST);
});

Deno.test("decodeManifest refuses every changed field", () => {
  const signed = JSON.parse(new TextDecoder().decode(BYTES));
  for (const field of Object.keys(MANIFEST)) {
    const value = signed.manifest[field];
    const other = typeof value === "number" ? value + 1 : value.replace(/^./, "0");
    const manifest = { ...signed.manifest, [field]: other };
    const bytes = new TextEncoder().encode(JSON.stringify({ ...signed, manifest }));
    assert.throws(() => decodeManifest(bytes, verify), { reason: "wrong-signature" }, field);
  }
});

Deno.test("decodeManifest refuses another key's signature", () => {
  const other = keypairFromSeed(new Uint8Array(32).fill(2), new SeededRandom(1n));
  const bytes = encodeManifest(MANIFEST, (message) => other.sign(message));
  assert.throws(() => decodeManifest(bytes, verify), { reason: "wrong-signature" });
});

Deno.test("decodeManifest refuses malformed manifests, with typed errors only", () => {
  const text = new TextDecoder().decode(BYTES);
  const mutated = fc.tuple(fc.nat(text.length), fc.nat(text.length), fc.string()).map(
    ([from, to, middle]) => text.slice(0, from) + middle + text.slice(to),
  );
  fc.assert(
    fc.property(fc.oneof(mutated, fc.json(), fc.string()), (candidate) => {
      if (candidate === text) return;
      const bytes = new TextEncoder().encode(candidate);
      try {
        assert.deepEqual(decodeManifest(bytes, verify), MANIFEST);
      } catch (error) {
        assert.ok(error instanceof RefusedError, String(error));
      }
    }),
    { seed: 6, numRuns: 3000 },
  );
  assert.throws(() => decodeManifest(new Uint8Array(5000), verify), {
    reason: "malformed-manifest",
  });
});
