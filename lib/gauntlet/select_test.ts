import assert from "node:assert/strict";
import { SeededRandom } from "../random/seeded_random.ts";
import { newRecord, type PeerRecord } from "./gauntlet_state.ts";
import { POLICIES } from "./policy.ts";
import { selectAggregated } from "./select_aggregated.ts";
import { selectEvaluated } from "./select_evaluated.ts";

const POLICY = {
  ...POLICIES.templar,
  selection: { ...POLICIES.templar.selection, gatherCount: 3, reserveCount: 2 },
};
const peer = (uid: number, rest: Partial<PeerRecord> = {}): PeerRecord => ({
  ...newRecord(uid, "ab"),
  ...rest,
});
const good = { goodEvaluations: 1 };

Deno.test("selectAggregated takes all peers before any is evaluated", () => {
  const { excluded, gather, reserve } = selectAggregated(
    [0, 1, 2, 3].map((i) => peer(i)),
    POLICY,
    0,
  );
  assert.deepEqual([gather, reserve, excluded], [[0, 1, 2], [3], []]);
});

Deno.test("selectAggregated ranks by score, then by rating, and excludes newcomers", () => {
  const peers = [
    peer(0, { ...good, score: 1 }),
    peer(1, { ...good, score: 3 }),
    peer(2, good),
    peer(3, { ...good, rating: { mu: 30, sigma: 1 } }),
    peer(4),
  ];
  const { excluded, gather, reserve } = selectAggregated(peers, POLICY, 9);
  assert.deepEqual([gather, reserve], [[1, 0, 3], [2]]);
  assert.deepEqual(excluded, [{ uid: 4, reason: "no good evaluation yet" }]);
});

Deno.test("selectAggregated excludes peers during time-outs and negative streaks", () => {
  const peers = [
    peer(0, good),
    peer(1, { ...good, timeoutUntil: 12 }),
    peer(2, { ...good, negativeStreak: 3 }),
    peer(3, { ...good, negativeStreak: 2 }),
    peer(4, { ...good, negatives: [true, false, false, true, false] }),
    peer(5, { ...good, timeoutUntil: 99 }),
  ];
  assert.deepEqual(selectAggregated(peers, POLICY, 11).gather, [0, 3]);
  assert.deepEqual(selectAggregated(peers, POLICY, 12).gather, [0, 1, 3]);
});

function uniform(seed: bigint): () => number {
  const random = new SeededRandom(seed);
  return () => random.uniform();
}

Deno.test("selectEvaluated takes all of a few peers, ascending", () => {
  const peers = [4, 2, 7].map((uid) => peer(uid));
  assert.deepEqual(selectEvaluated(peers, POLICY, uniform(1n)), [2, 4, 7]);
});

Deno.test("selectEvaluated takes one bin of similar rating of many peers", () => {
  const policy = { ...POLICY, evaluation: { ...POLICY.evaluation, peersPerWindow: 2, bins: 5 } };
  const peers = Array.from(
    { length: 20 },
    (_, uid) => peer(uid, { rating: { mu: 40 - uid, sigma: 1 } }),
  );
  const bins = new Set<number>();
  for (let seed = 0n; seed < 60n; seed++) {
    const chosen = selectEvaluated(peers, policy, uniform(seed));
    assert.equal(chosen.length, 2);
    const [bin, ...others] = new Set(chosen.map((uid) => Math.floor(uid / 4)));
    assert.equal(others.length, 0);
    bins.add(bin);
  }
  assert.equal(bins.size, 5);
});

Deno.test("selectEvaluated prefers peers that have waited", () => {
  const policy = { ...POLICY, evaluation: { ...POLICY.evaluation, peersPerWindow: 1, bins: 1 } };
  for (const [first, second, long] of [[1, 9, 1], [9, 1, 0]]) {
    const peers = [peer(0, { turn: first }), peer(1, { turn: second })];
    let waited = 0;
    for (let seed = 0n; seed < 400n; seed++) {
      if (selectEvaluated(peers, policy, uniform(seed))[0] === long) waited++;
    }
    assert.ok(waited > 330 && waited < 390, `${waited}`);
  }
});
