import type { Corpus } from "../corpus/corpus.ts";
import type { LoadedTask } from "./evaluate.ts";
import { tokensTask } from "./tokens_task.ts";

/** Held-out samples of a run that are scored. */
const SAMPLES_MAX = 2048;

/**
 * Task `held_out`: the samples that a run holds out, each scored as the run measures its own loss.
 *
 * @param lengthMax Longest input, tokens.
 */
export function heldOutTask(corpus: Corpus, lengthMax: number): LoadedTask {
  const { sequence, tokens } = corpus;
  const length = Math.min(sequence, lengthMax);
  const samples = corpus.heldOut(SAMPLES_MAX).map((sample) =>
    Array.from(tokens.subarray(sample * sequence, sample * sequence + length + 1))
  );
  return tokensTask("held_out", samples);
}
