import { parseTrainOptions, type TrainOptions } from "./parse.ts";
import type { Command } from "../command.ts";
import { trainScope } from "./scope.ts";
import { runTrain } from "./run.ts";

/** `covey train`: a swarm on this machine. */
export const train: Command<TrainOptions> = {
  parse: parseTrainOptions,
  scope: trainScope,
  run: runTrain,
};
