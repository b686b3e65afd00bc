import type { LlamaConfig } from "../llama/model/llama_config.ts";
import { llamaParameters } from "../llama/model/parameters.ts";
import type { MicroBatch } from "../llama/training/gradient_pass.ts";
import type { Trainer } from "../llama/training/trainer.ts";
import type { OptimizerState } from "../tensor/optimizer_state.ts";
import type { TensorShape } from "../tensor/tensor_shape.ts";
import type { InnerStep, Learner, LearnerState, Optimizer, TrainHooks } from "./learner.ts";

/** A learner backed by one trainer; concurrent calls are queued. */
export class LlamaLearner implements Learner {
  readonly shapes: readonly TensorShape[];
  readonly #trainer: Trainer;
  #turn: Promise<unknown> = Promise.resolve();
  /** Optimizer whose moments are on the device. */
  #loaded: TrainerOptimizer | undefined;

  /** @param trainer Owned by the caller, which closes it. */
  constructor(trainer: Trainer, config: LlamaConfig) {
    this.#trainer = trainer;
    this.shapes = llamaParameters(config);
  }

  /** See {@linkcode Learner.optimizer}. */
  optimizer(state: OptimizerState): Optimizer {
    return new TrainerOptimizer(() => Promise.resolve(state), state);
  }

  /** See {@linkcode Learner.train}. */
  train(
    { parameters, optimizer }: LearnerState,
    steps: AsyncIterable<InnerStep>,
    { onStart, onStep }: TrainHooks,
  ): Promise<LearnerState> {
    return this.#inTurn(async () => {
      onStart();
      const trainer = this.#trainer;
      await this.#load(parameters, optimizer as TrainerOptimizer | undefined);
      let index = 0;
      for await (const { samples, learningRate } of steps) {
        const result = await trainer.step(microBatches(samples, trainer), learningRate);
        if (!onStep(result, index++)) break;
      }
      const next = new TrainerOptimizer((self) => this.#inTurn(() => this.#read(self)));
      this.#loaded = next;
      return { parameters: await trainer.parameters(), optimizer: next };
    });
  }

  /**
   * Loads a state. Moments already on the device are not uploaded again; they are read back before others
   * replace them.
   */
  async #load(
    parameters: LearnerState["parameters"],
    optimizer: TrainerOptimizer | undefined,
  ): Promise<void> {
    const loaded = this.#loaded;
    if (loaded) await this.#read(loaded);
    this.#loaded = undefined;
    if (loaded && loaded === optimizer) await this.#trainer.loadParameters(parameters);
    else await this.#trainer.load(parameters, optimizer?.state);
  }

  async #read(optimizer: TrainerOptimizer): Promise<OptimizerState> {
    return optimizer.state ??= await this.#trainer.optimizer();
  }

  #inTurn<Value>(task: () => Promise<Value>): Promise<Value> {
    const result = this.#turn.then(task);
    this.#turn = result.catch(() => {});
    return result;
  }
}

/** AdamW moments, kept on the host once read. */
class TrainerOptimizer implements Optimizer {
  constructor(
    readonly fetch: (self: TrainerOptimizer) => Promise<OptimizerState>,
    public state?: OptimizerState,
  ) {}

  /** See {@linkcode Optimizer.read}. */
  async read(): Promise<OptimizerState> {
    return this.state ?? await this.fetch(this);
  }
}

/** Splits a batch into the micro-batches that a trainer accumulates. */
function microBatches({ targets, tokens }: MicroBatch, { accumulate }: Trainer): MicroBatch[] {
  const length = tokens.length / accumulate;
  return Array.from({ length: accumulate }, (_, i) => ({
    tokens: tokens.slice(i * length, (i + 1) * length),
    targets: targets.slice(i * length, (i + 1) * length),
  }));
}
