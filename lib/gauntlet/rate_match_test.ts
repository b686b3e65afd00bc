import assert from "node:assert/strict";
import { NEW_RATING, ordinal, rateMatch } from "./rate_match.ts";

const SETTINGS = { beta: 7, tau: 0.1 };

Deno.test("rateMatch matches openskill's ratings over two matches", () => {
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

Deno.test("rateMatch rates ties alike, zero scores included, and leaves a lone peer unchanged", () => {
  const [a, b, c] = rateMatch([NEW_RATING, NEW_RATING, NEW_RATING], [0, 0, -1], SETTINGS);
  assert.deepEqual(a, b);
  assert.ok(a.mu > 25 && c.mu < 25);
  assert.deepEqual(rateMatch([NEW_RATING], [5], SETTINGS), [NEW_RATING]);
});

Deno.test("ordinal of a new peer is zero", () => {
  assert.equal(ordinal(NEW_RATING), 0);
});

Deno.test("rateMatch matches openskill 6.1.3's ratings for ties", () => {
  const ratings = [[30, 8], [22, 3], [25, 5], [27, 2], [18, 7]].map(([mu, sigma]) => ({
    mu,
    sigma,
  }));
  const wanted = [
    [32.381867214919914, 7.95052604172727],
    [22.374154247131273, 3.0009273676678347],
    [26.00308718397288, 4.994603763735502],
    [27.03338214775045, 2.0020791435690133],
    [19.155487780671912, 6.9457257616526356],
  ];
  rateMatch(ratings, [0.5, 0.5, 0.5, -99, -99], SETTINGS).forEach(({ mu, sigma }, i) => {
    assert.ok(Math.abs(mu - wanted[i][0]) < 1e-12 && Math.abs(sigma - wanted[i][1]) < 1e-12);
  });
});

Deno.test("rateMatch shrinks sigma to a hundredth at most, as openskill does", () => {
  // One peer of high sigma loses to ten of negligible sigma, each with a tenth of its strength.
  const others = Array.from({ length: 10 }, () => ({ mu: 25 - 8 * Math.log(10), sigma: 1e-9 }));
  const scores = [-1, ...others.map((_, i) => i + 1)];
  const [{ mu, sigma }] = rateMatch([{ mu: 25, sigma: 8 }, ...others], scores, {
    beta: 1e-9,
    tau: 0,
  });
  assert.ok(Math.abs(mu - -28.50171225403424) < 1e-9 && Math.abs(sigma - 0.08) < 1e-12);
});
