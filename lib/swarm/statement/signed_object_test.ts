import assert from "node:assert/strict";
import fc from "fast-check";
import { MemoryBucket } from "../../bucket/memory_bucket.ts";
import { LockstepClock } from "../../clock/lockstep_clock.ts";
import { simulatedKeypair, verifySimulated } from "../../simulation/simulated_keys.ts";
import { parseStatement, publishStatement, readStatement } from "./signed_object.ts";
import { STATE_STATEMENT } from "./state_statement.ts";
import { VERDICT } from "./verdict.ts";
import { WINDOW_RECORD } from "./window_record.ts";

const RUN = "ab".repeat(32);
const ABOUT = { run: RUN, window: 3, uid: 2 };
const keypair = simulatedKeypair("validator");
const node = { uid: 2, hotkey: keypair.hotkey, block: 0, stake: 1 };
const verdict = {
  accepted: [{ uid: 0, sha256: "cd".repeat(32) }, { uid: 4, sha256: "ef".repeat(32) }],
  nonce: "00".repeat(32),
};

function read(bucket: MemoryBucket, about = ABOUT, reader = node) {
  return readStatement(bucket, VERDICT, about, reader, verifySimulated);
}

Deno.test("a statement is read as signed, and only for its run, window and node", async () => {
  const bucket = new MemoryBucket(new LockstepClock(77, 1));
  await publishStatement(bucket, VERDICT, ABOUT, verdict, keypair);
  const { text, ...rest } = (await read(bucket))!;
  assert.deepEqual(rest, { content: verdict, modifiedMs: 77 });
  assert.deepEqual(parseStatement(text, VERDICT, ABOUT, node, verifySimulated), verdict);
  assert.equal(await read(bucket, { ...ABOUT, run: "00".repeat(32) }), undefined);
  assert.equal(await read(bucket, { ...ABOUT, window: 4 }), undefined);
  const other = { ...node, hotkey: simulatedKeypair("other").hotkey };
  assert.equal(await read(bucket, ABOUT, other), undefined);
  // Stored under the key of another window.
  const { bytes } = await bucket.get(VERDICT.key(3, 2));
  await bucket.put(VERDICT.key(4, 2), bytes);
  assert.equal(await read(bucket, { ...ABOUT, window: 4 }), undefined);
});

Deno.test("readStatement returns undefined for arbitrary bytes", async () => {
  const bucket = new MemoryBucket(new LockstepClock(0, 1));
  const kinds = [VERDICT, STATE_STATEMENT, WINDOW_RECORD];
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.uint8Array({ maxLength: 300 }),
        fc.json().map((text) => new TextEncoder().encode(text)),
        fc.jsonValue().map((content) =>
          new TextEncoder().encode(JSON.stringify({ content, signature: "ab".repeat(64) }))
        ),
      ),
      async (bytes) => {
        for (const kind of kinds) {
          await bucket.put(kind.key(3, 2), bytes);
          const found = await readStatement<unknown>(bucket, kind, ABOUT, node, verifySimulated);
          assert.equal(found, undefined);
        }
      },
    ),
    { numRuns: 300, seed: 5 },
  );
  await bucket.put(VERDICT.key(3, 2), new Uint8Array(VERDICT.bytesMax + 1));
  assert.equal(await read(bucket), undefined);
});
