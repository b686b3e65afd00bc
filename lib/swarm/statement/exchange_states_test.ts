import assert from "node:assert/strict";
import { MemoryBucket } from "../../bucket/memory_bucket.ts";
import { MemoryChain } from "../../chain/memory_chain.ts";
import { LockstepClock } from "../../clock/lockstep_clock.ts";
import { simulatedKeypair, verifySimulated } from "../../simulation/simulated_keys.ts";
import { compareStates, publishState } from "./exchange_states.ts";

const RUN = "ab".repeat(32);
const TIMES = { commitMs: 0, endMs: 10, uploadEndMs: 20, digestEndMs: 100 };
const TENSORS = [{ name: "w", dims: [8] }];
const STATE = new Map([["w", Float32Array.from({ length: 8 }, (_, i) => i)]]);

/**
 * Compares states: peers 0 to 2 and validator 3 publish one digest, keys 4 to 8 that of `ofSybil`.
 */
async function comparison(counted: number[], ofSybil: (uid: number) => string) {
  const clock = new LockstepClock(50, 1);
  const chain = new MemoryChain({ block: () => 0, blockTimeMs: () => 0 });
  const buckets = new Map<number, MemoryBucket>();
  for (let uid = 0; uid < 9; uid++) {
    const keypair = simulatedKeypair(`node ${uid}`);
    await chain.register(keypair.hotkey, uid === 3 ? 1 : 0);
    const bucket = new MemoryBucket(clock);
    buckets.set(uid, bucket);
    const digest = uid < 4 ? "aa".repeat(32) : ofSybil(uid);
    const about = { run: RUN, window: 2, uid };
    await publishState({
      about,
      bucket,
      digest,
      keypair,
      nonce: "",
      state: STATE,
      shapes: TENSORS,
    });
  }
  return await compareStates("aa".repeat(32), counted, {
    about: { run: RUN, window: 2, uid: 0 },
    bucketOf: (uid) => Promise.resolve(buckets.get(uid)),
    chain,
    times: TIMES,
    verify: verifySimulated,
  });
}

Deno.test("compareStates lists all nodes but counts only the leader and the peers of the verdict", async () => {
  const each = await comparison([0, 1, 2], (uid) => `b${uid}`.repeat(32));
  assert.deepEqual(each.agree, [0, 1, 2, 3]);
  assert.deepEqual(each.disagree, [4, 5, 6, 7, 8]);
  assert.equal(each.agrees, true);
  assert.equal((await comparison([0, 1, 2], () => "bb".repeat(32))).agrees, true);
});

Deno.test("compareStates reports that most of the verdict's peers have another state", async () => {
  const { agrees } = await comparison([4, 5, 6, 7, 8], () => "bb".repeat(32));
  assert.equal(agrees, false);
});
