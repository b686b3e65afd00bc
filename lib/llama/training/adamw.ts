import { Graph } from "../../graph/graph.ts";
import { add, divide, multiply, subtract } from "../../graph/operators/arithmetic.ts";
import { sqrt } from "../../graph/operators/functions.ts";
import type { HostTensor } from "../../engine/engine.ts";
import { scalarFeed } from "./gradient_pass.ts";

/** Settings of AdamW with decoupled weight decay on every parameter (PyTorch's semantics). */
export interface AdamWSettings {
  /** Decay rates of the first and second moments. */
  readonly betas: readonly [number, number];
  /** Added to the root of the second moment. */
  readonly epsilon: number;
  /** Fraction of a parameter removed per step, times the learning rate. */
  readonly weightDecay: number;
  /** Maximum global gradient norm; larger gradients are scaled down to it. */
  readonly clipNorm: number;
}

/**
 * Builds a graph that updates a group of parameters. Inputs are `p.i`, `m.i`, `v.i`, `g.i` for each index i,
 * and the scalars of {@linkcode adamwFeeds}; outputs are `p_next.i`, `m_next.i`, `v_next.i`. Bias correction
 * is folded into two scalars: p' = decay p - m' / (root sqrt(v') + floor).
 *
 * @param shapes Shape of every parameter in the group.
 */
export function adamwGraph(
  shapes: readonly (readonly number[])[],
  { betas: [beta1, beta2] }: AdamWSettings,
): Graph {
  const graph = new Graph("adamw");
  const scalar = (name: string) => graph.input(name, "float32", []);
  const [first, second] = [scalar("first"), scalar("second")];
  const [root, floor, decay] = [scalar("root"), scalar("floor"), scalar("decay")];
  const [keepFirst, keepSecond] = [graph.scalar("float32", beta1), graph.scalar("float32", beta2)];
  shapes.forEach((dims, index) => {
    const [p, m, v, g] = ["p", "m", "v", "g"].map((name) =>
      graph.input(`${name}.${index}`, "float32", dims)
    );
    const nextM = add(multiply(m, keepFirst), multiply(g, first));
    const nextV = add(multiply(v, keepSecond), multiply(multiply(g, second), g));
    const change = divide(nextM, add(multiply(sqrt(nextV), root), floor));
    graph.output(`p_next.${index}`, subtract(multiply(p, decay), change));
    graph.output(`m_next.${index}`, nextM);
    graph.output(`v_next.${index}`, nextV);
  });
  return graph;
}

/** Returns the output names of {@linkcode adamwGraph} for a group of `count` parameters. */
export function adamwKept(count: number): string[] {
  return Array.from({ length: count }, (_, index) => index)
    .flatMap((index) => [`p_next.${index}`, `m_next.${index}`, `v_next.${index}`]);
}

/**
 * Returns the scalar inputs of one step, computed in double precision.
 *
 * @param step Number of the step, from 1.
 * @param learningRate Learning rate of the step; 0 leaves parameters unchanged.
 * @param gradientNorm Global norm before clipping.
 */
export function adamwFeeds(
  { betas: [beta1, beta2], epsilon, weightDecay, clipNorm }: AdamWSettings,
  step: number,
  learningRate: number,
  gradientNorm: number,
): Record<string, HostTensor> {
  const clip = Math.min(1, clipNorm / (gradientNorm + 1e-6));
  const correction = Math.sqrt(1 - beta2 ** step);
  // A rate of 0 would divide by zero; one this small changes no parameter.
  const rate = Math.max((learningRate * correction) / (1 - beta1 ** step), 1e-30);
  return {
    first: scalarFeed((1 - beta1) * clip),
    second: scalarFeed((1 - beta2) * clip * clip),
    root: scalarFeed(1 / rate),
    floor: scalarFeed((epsilon * correction) / rate),
    decay: scalarFeed(1 - learningRate * weightDecay),
  };
}
