import { llamaParameters } from "../llama/parameters.ts";
import type { LlamaConfig } from "../llama/config.ts";
import type { Trainer } from "../llama/trainer.ts";
import type { InnerStep, Learner, LearnerState, TrainHooks } from "./learner.ts";

/** A learner on one trainer; whoever comes while it works waits for its turn. */
export class LlamaLearner implements Learner {
  readonly tensors: Learner["tensors"];
  readonly #trainer: Trainer;
  #turn: Promise<unknown> = Promise.resolve();

  /** @param trainer Stays with the caller, who closes it. */
  constructor(trainer: Trainer, config: LlamaConfig) {
    this.#trainer = trainer;
    this.tensors = llamaParameters(config);
  }

  /** See {@linkcode Learner.train}. */
  train(
    { parameters, optimizer }: LearnerState,
    steps: Iterable<InnerStep>,
    { onStart, onStep }: TrainHooks,
  ): Promise<LearnerState> {
    return this.#inTurn(async () => {
      onStart();
      const trainer = this.#trainer;
      await trainer.load(parameters, optimizer);
      let index = 0;
      for (const { batches, learningRate } of steps) {
        if (!onStep(await trainer.step(batches, learningRate), index++)) break;
      }
      return { parameters: await trainer.parameters(), optimizer: await trainer.optimizer() };
    });
  }

  #inTurn<Value>(task: () => Promise<Value>): Promise<Value> {
    const result = this.#turn.then(task);
    this.#turn = result.catch(() => {});
    return result;
  }
}
