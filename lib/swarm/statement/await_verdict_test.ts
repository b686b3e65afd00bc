import assert from "node:assert/strict";
import { MemoryBucket } from "../../bucket/memory_bucket.ts";
import { MemoryChain } from "../../chain/memory_chain.ts";
import { VirtualClock } from "../../clock/virtual_clock.ts";
import { SimulatedBlocks } from "../../simulation/simulated_blocks.ts";
import { simulatedKeypair, verifySimulated } from "../../simulation/simulated_keys.ts";
import { awaitVerdict } from "./await_verdict.ts";
import { publishStatement } from "./signed_object.ts";
import { VERDICT } from "./verdict.ts";

Deno.test("awaitVerdict waits for the leader's verdict and ignores all others", async () => {
  const clock = new VirtualClock(0);
  const chain = new MemoryChain(new SimulatedBlocks(clock, 1000, 0, () => false));
  const [small, leader] = ["small", "leader"].map(simulatedKeypair);
  await chain.register(small.hotkey, 1);
  await chain.register(leader.hotkey, 2);
  const buckets = [new MemoryBucket(clock), new MemoryBucket(clock)];
  const verdict = (byte: string) => ({ accepted: [], nonce: byte.repeat(32) });
  const about = { run: "ab".repeat(32), window: 3 };
  await publishStatement(buckets[0], VERDICT, { ...about, uid: 0 }, verdict("00"), small);
  let found: Awaited<ReturnType<typeof awaitVerdict>> | undefined;
  const { signal } = new AbortController();
  const sources = {
    clock,
    chain,
    bucketOf: (uid: number) => Promise.resolve(buckets[uid]),
    verify: verifySimulated,
    signal,
  };
  awaitVerdict(sources, about).then((verdict) => found = verdict);
  clock.sleepUntil(12_000).then(() =>
    publishStatement(buckets[1], VERDICT, { ...about, uid: 1 }, verdict("11"), leader)
  );
  assert.ok(await clock.run(() => found !== undefined, 60_000));
  assert.equal(found!.verdict.nonce, "11".repeat(32));
  assert.equal(found!.leader.uid, 1);
  assert.ok(clock.nowMs() >= 12_000 && clock.nowMs() <= 17_000, `${clock.nowMs()}`);
});
