import type { MicroBatch } from "../llama/gradient_pass.ts";
import type { OptimizerState, ParameterValues } from "../llama/trainer.ts";
import type { InnerStep, Learner, LearnerState, TrainHooks } from "./learner.ts";

/**
 * A learner for tests: every batch pulls the parameters towards a point that its tokens name, by gradient
 * descent with momentum. Exact, instant, and as stateful as AdamW.
 */
export class QuadraticLearner implements Learner {
  readonly tensors = [{ name: "w", dims: [64, 48] }, { name: "norm", dims: [40] }];

  /** Parameters before the first window. */
  initial(): ParameterValues {
    return this.#map((length) => new Float32Array(length).fill(1));
  }

  /** See {@linkcode Learner.train}. */
  // deno-lint-ignore require-await
  async train(
    { parameters, optimizer }: LearnerState,
    steps: Iterable<InnerStep>,
    { onStart, onStep }: TrainHooks,
  ): Promise<Required<LearnerState>> {
    onStart();
    const current = this.#map((_, name) => parameters.get(name)!.slice());
    const momentum = optimizer
      ? this.#map((_, name) => optimizer.first.get(name)!.slice())
      : this.#map((length) => new Float32Array(length));
    let taken = optimizer?.steps ?? 0;
    let index = 0;
    for (const { batches, learningRate } of steps) {
      let loss = 0;
      for (const { name } of this.tensors) {
        const [values, speed] = [current.get(name)!, momentum.get(name)!];
        for (let i = 0; i < values.length; i++) {
          const slope = values[i] - target(batches[0], i);
          loss += slope * slope / values.length;
          speed[i] = 0.5 * speed[i] + slope;
          values[i] -= learningRate * speed[i];
        }
      }
      taken++;
      if (!onStep({ loss, gradientNorm: Math.sqrt(loss) }, index++)) break;
    }
    const next: OptimizerState = { first: momentum, second: momentum, steps: taken };
    return { parameters: current, optimizer: next };
  }

  /** See {@linkcode Learner.loss}. */
  // deno-lint-ignore require-await
  async loss(parameters: ParameterValues, batches: MicroBatch[]): Promise<number> {
    const values = parameters.get("w")!;
    return values.reduce((sum, value, i) => sum + (value - target(batches[0], i)) ** 2, 0) /
      values.length;
  }

  #map(make: (length: number, name: string) => Float32Array<ArrayBuffer>): ParameterValues {
    return new Map(this.tensors.map(({ name, dims }) => {
      const length = dims.reduce((product, dim) => product * dim, 1);
      return [name, make(length, name)];
    }));
  }
}

function target({ tokens }: MicroBatch, i: number): number {
  return Math.sin(i) + (tokens[i % tokens.length] - 128) / 2560;
}
