import type { Command } from "./command.ts";

/** The program's verbs, each loaded on demand. */
export const COMMANDS: Readonly<
  Record<string, { summary: string; load: () => Promise<Command<unknown>> }>
> = {
  train: {
    summary: "train a model on text with a swarm of peers on this machine",
    load: async () => (await import("./train/train.ts")).train as Command<unknown>,
  },
  validate: {
    summary: "score the peers of a run, and explain each score",
    load: async () => (await import("./validate/validate.ts")).validate as Command<unknown>,
  },
  eval: {
    summary: "score a checkpoint on benchmark tasks, as lm-evaluation-harness does",
    load: async () => (await import("./eval/eval.ts")).evaluateCommand as Command<unknown>,
  },
  convert: {
    summary: "convert a model between formats, or describe it",
    load: async () => (await import("./convert/convert.ts")).convert as Command<unknown>,
  },
};
