import assert from "node:assert/strict";
import { peerWeights } from "./peer_weights.ts";
import { POLICIES } from "./policy.ts";

const { selection, weights: settings } = POLICIES.templar;
const TEMPLAR = { ...settings, ...selection };
/** Scores of `count` peers, descending. */
const scores = (count: number) => Array.from({ length: count }, (_, i) => count - i);

Deno.test("peerWeights matches the reference's weights", () => {
  const vectors: [ranked: number, wanted: [place: number, weight: number][]][] = [
    [1, [[0, 0.5]]],
    [3, [[0, 0.2222], [2, 0.1111]]],
    [20, [[0, 0.03333], [19, 0.016667]]],
    [22, [[0, 0.03252], [19, 0.01626], [20, 0.00813], [21, 0.004065]]],
    [30, [[0, 0.032259], [19, 0.01613], [20, 0.008065], [21, 0.004032], [22, 0.002016]]],
  ];
  for (const [ranked, wanted] of vectors) {
    const weights = peerWeights(scores(ranked), { ...TEMPLAR, reserve: "capped" });
    assert.equal(weights.length, ranked);
    for (const [place, weight] of wanted) {
      assert.ok(
        Math.abs(weights[place] - weight) < 5e-6 + 5e-5 * Number(ranked === 3),
        `${ranked}: ${weights[place]}, want ${weight}`,
      );
    }
  }
});

Deno.test("peerWeights sums to the share not burned, and pays at most as many peers as places", () => {
  for (const ranked of [1, 2, 19, 25, 30, 100]) {
    const weights = peerWeights(scores(ranked), TEMPLAR);
    assert.equal(weights.length, Math.min(ranked, 30));
    assert.ok(Math.abs(weights.reduce((sum, weight) => sum + weight, 0) - 0.5) < 1e-12);
    weights.forEach((weight, i) => assert.ok(i === 0 || weight <= weights[i - 1] + 1e-15));
  }
  assert.deepEqual(peerWeights([], TEMPLAR), []);
});

Deno.test("weakness 31: the reserve gets its share, but no peer more than the last gather peer", () => {
  const weights = peerWeights(scores(30), TEMPLAR);
  const reserve = weights.slice(20).reduce((sum, weight) => sum + weight, 0);
  assert.ok(Math.abs(reserve - 0.5 * 0.25) < 1e-12, `${reserve}`);
  assert.ok(weights[20] <= weights[19] + 1e-15);
  const capped = peerWeights(scores(30), { ...TEMPLAR, reserve: "capped" }).slice(20);
  assert.ok(capped.reduce((sum, weight) => sum + weight, 0) < 0.02);
});

Deno.test("peerWeights of the paper are squares of scores", () => {
  const weights = peerWeights([3, 1], { ...TEMPLAR, rule: "power", power: 2, burnRate: 0 });
  assert.deepEqual(weights, [0.9, 0.1]);
});
