import assert from "node:assert/strict";
import { adamwFeeds } from "./adamw.ts";

const SETTINGS = {
  betas: [0.9, 0.95],
  epsilon: 1e-3,
  weightDecay: 0.1,
  clipNorm: 1,
} as const;

Deno.test("epsilon is added to the bias-corrected root of the second moment, as in PyTorch", () => {
  const [beta1, beta2] = SETTINGS.betas;
  const [rate, gradient, p] = [0.01, 2e-3, 0.5];
  let [m, v] = [0, 0];
  for (let step = 1; step <= 3; step++) {
    const feeds = adamwFeeds(SETTINGS, step, rate, gradient);
    const { decay, first, floor, root, second } = Object.fromEntries(
      Object.entries(feeds).map(([name, { data }]) => [name, data[0] as number]),
    );
    const found = {
      m: m * beta1 + gradient * first,
      v: v * beta2 + gradient * second * gradient,
    };
    m = beta1 * m + (1 - beta1) * gradient;
    v = beta2 * v + (1 - beta2) * gradient * gradient;
    // torch.optim.AdamW
    const denominator = Math.sqrt(v) / Math.sqrt(1 - beta2 ** step) + SETTINGS.epsilon;
    const wanted = p * (1 - rate * SETTINGS.weightDecay) -
      rate / (1 - beta1 ** step) * m / denominator;
    const next = p * decay - found.m / (root * Math.sqrt(found.v) + floor);
    assert.ok(Math.abs(next - wanted) < 1e-8, `step ${step}: ${next}, want ${wanted}`);
  }
});

Deno.test("gradients are clipped by their global norm, in both moments", () => {
  const [small, large] = [0.5, 4].map((norm) => adamwFeeds(SETTINGS, 1, 0.01, norm));
  assert.ok(Math.abs((small.first.data[0] as number) - 0.1) < 1e-6);
  assert.ok(Math.abs((large.first.data[0] as number) - 0.025) < 1e-6);
  assert.ok(Math.abs((large.second.data[0] as number) - 0.05 / 16) < 1e-6);
});
