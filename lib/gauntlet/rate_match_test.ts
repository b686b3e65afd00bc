import assert from "node:assert/strict";
import { NEW_RATING, ordinal, rateMatch } from "./rate_match.ts";

const SETTINGS = { beta: 7, tau: 0.1 };

Deno.test("rateMatch gives openskill's ratings over two matches", () => {
  const matches: [scores: number[], wanted: [mu: number, sigma: number][]][] = [
    [[0.02, 0.01, -0.005, 0.03], [
      [26.329484028, 8.237559070],
      [24.734103194, 8.178196566],
      [21.543341526, 8.178196566],
      [27.393071251, 8.289968889],
    ]],
    [[0.01, 0.03, 0.002, 0.025], [
      [25.794100230, 8.083704268],
      [27.070587205, 8.137538097],
      [18.638792924, 8.040811468],
      [28.518984226, 8.188314380],
    ]],
  ];
  let ratings = new Array(4).fill(NEW_RATING);
  for (const [scores, wanted] of matches) {
    ratings = rateMatch(ratings, scores, SETTINGS);
    ratings.forEach(({ mu, sigma }, i) => {
      assert.ok(Math.abs(mu - wanted[i][0]) < 1e-8, `mu ${i} is ${mu}, want ${wanted[i][0]}`);
      assert.ok(Math.abs(sigma - wanted[i][1]) < 1e-8, `sigma ${i} is ${sigma}`);
    });
  }
});

Deno.test("rateMatch treats equals alike, zero scores too, and leaves a lone peer alone", () => {
  const [a, b, c] = rateMatch([NEW_RATING, NEW_RATING, NEW_RATING], [0, 0, -1], SETTINGS);
  assert.deepEqual(a, b);
  assert.ok(a.mu > 25 && c.mu < 25);
  assert.deepEqual(rateMatch([NEW_RATING], [5], SETTINGS), [NEW_RATING]);
});

Deno.test("ordinal of a new peer is zero", () => {
  assert.equal(ordinal(NEW_RATING), 0);
});
