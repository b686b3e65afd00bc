import type { Corpus } from "../corpus/corpus.ts";
import type { OptimizerState } from "../tensor/optimizer_state.ts";
import type { ParameterValues } from "../tensor/parameter_values.ts";
import type { Evaluator } from "../swarm/evaluator.ts";
import type { InnerStep, Learner, LearnerState, Optimizer, TrainHooks } from "../swarm/learner.ts";

/** Weight of the sample-specific part of a point. */
const OWN_PART = 0.5;
/** Part of the velocity that a step keeps. */
const MOMENTUM = 0.5;

/**
 * A quadratic model for simulations: the loss of a sample is half the mean squared distance of the parameters
 * from the sample's point. A point has a common part, which all peers learn, and a sample-specific part,
 * which only peers that trained on the sample approach. Exact gradients, no engine, as stateful as AdamW.
 */
export class QuadraticLearner implements Learner, Evaluator {
  readonly shapes = [{ name: "w", dims: [64, 24] }, { name: "norm", dims: [40] }];
  readonly #points = new Map<number, Float32Array>();
  readonly #length = this.shapes.reduce((sum, { dims }) => sum + size(dims), 0);

  /** @param corpus Text of the run; its tokens determine the points. */
  constructor(readonly corpus: Corpus) {}

  /** Returns the parameters before the first window. */
  initial(): ParameterValues {
    return this.#split(new Float32Array(this.#length));
  }

  /** See {@linkcode Learner.optimizer}. */
  optimizer(state: OptimizerState): Optimizer {
    return { read: () => Promise.resolve(state) };
  }

  /** See {@linkcode Learner.train}. */
  async train(
    { parameters, optimizer }: LearnerState,
    steps: AsyncIterable<InnerStep>,
    { onStart, onStep }: TrainHooks,
  ): Promise<LearnerState> {
    onStart();
    const values = this.#join(parameters);
    const before = await optimizer?.read();
    const speed = before ? this.#join(before.first) : new Float32Array(this.#length);
    let taken = before?.steps ?? 0;
    let index = 0;
    for await (const { samples: { tokens }, learningRate } of steps) {
      const { sequence } = this.corpus;
      const points = Array.from(
        { length: tokens.length / sequence },
        (_, row) => this.#point(tokens.subarray(row * sequence, (row + 1) * sequence)),
      );
      let loss = 0;
      for (let i = 0; i < values.length; i++) {
        let slope = 0;
        for (const point of points) {
          const distance = values[i] - point[i];
          slope += distance / points.length;
          loss += distance * distance / (2 * points.length * values.length);
        }
        speed[i] = MOMENTUM * speed[i] + slope;
        values[i] -= learningRate * speed[i];
      }
      taken++;
      if (!onStep({ loss, gradientNorm: Math.sqrt(2 * loss) }, index++)) break;
    }
    const moment = this.#split(speed);
    const next = this.optimizer({ first: moment, second: moment, steps: taken });
    return { parameters: this.#split(values), optimizer: next };
  }

  /** See {@linkcode Evaluator.losses}. */
  // deno-lint-ignore require-await
  async losses(parameters: ParameterValues, samples: ArrayLike<number>): Promise<Float64Array> {
    const values = this.#join(parameters);
    return Float64Array.from(samples, (sample) => {
      const point = this.#point(this.corpus.batch([sample]).tokens);
      let sum = 0;
      for (let i = 0; i < values.length; i++) sum += (values[i] - point[i]) ** 2;
      return sum / (2 * values.length);
    });
  }

  /** Returns the point of a token sequence. */
  #point(tokens: Int32Array): Float32Array {
    const name = tokens.reduce((hash, token) => Math.imul(hash ^ token, 0x01000193), 0x811c9dc5);
    const known = this.#points.get(name);
    if (known) return known;
    const point = Float32Array.from(
      { length: this.#length },
      (_, i) => 1 + Math.sin(i) + OWN_PART * Math.sin(i * i * 0.7 + (name % 65536) * (1 + i / 97)),
    );
    this.#points.set(name, point);
    return point;
  }

  #join(values: ParameterValues): Float32Array<ArrayBuffer> {
    const joined = new Float32Array(this.#length);
    let at = 0;
    for (const { name, dims } of this.shapes) {
      joined.set(values.get(name)!, at);
      at += size(dims);
    }
    return joined;
  }

  #split(joined: Float32Array<ArrayBuffer>): ParameterValues {
    let at = 0;
    return new Map(this.shapes.map(({ name, dims }) => {
      const part = joined.slice(at, at + size(dims));
      at += size(dims);
      return [name, part];
    }));
  }
}

function size(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}
