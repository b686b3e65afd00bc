import assert from "node:assert/strict";
import { peerWeights, type WeightSettings } from "./peer_weights.ts";

const TEMPLAR: WeightSettings = {
  burnRate: 0.5,
  gatherCount: 20,
  reserveCount: 10,
  gatherShare: 0.75,
  gatherTopRatio: 2,
  reserveDecay: 0.5,
};

Deno.test("peerWeights gives the reference's weights", () => {
  const vectors: [ranked: number, wanted: [place: number, weight: number][]][] = [
    [1, [[0, 0.5]]],
    [3, [[0, 0.2222], [2, 0.1111]]],
    [20, [[0, 0.03333], [19, 0.016667]]],
    [22, [[0, 0.03252], [19, 0.01626], [20, 0.00813], [21, 0.004065]]],
    [30, [[0, 0.032259], [19, 0.01613], [20, 0.008065], [21, 0.004032], [22, 0.002016]]],
  ];
  for (const [ranked, wanted] of vectors) {
    const weights = peerWeights(ranked, TEMPLAR);
    assert.equal(weights.length, ranked);
    for (const [place, weight] of wanted) {
      assert.ok(
        Math.abs(weights[place] - weight) < 5e-6 + 5e-5 * Number(ranked === 3),
        `${ranked}: ${weights[place]}, want ${weight}`,
      );
    }
  }
});

Deno.test("peerWeights shares out what is not burned, and pays no more peers than there are places", () => {
  for (const ranked of [1, 2, 19, 25, 30, 100]) {
    const weights = peerWeights(ranked, TEMPLAR);
    assert.equal(weights.length, Math.min(ranked, 30));
    assert.ok(Math.abs(weights.reduce((sum, weight) => sum + weight, 0) - 0.5) < 1e-12);
    weights.forEach((weight, i) => assert.ok(i === 0 || weight <= weights[i - 1]));
  }
  assert.deepEqual(peerWeights(0, TEMPLAR), []);
});
