import type { TokensTask } from "./task.ts";
import type { LoadedTask } from "./evaluate.ts";
/** Builds a task that measures the perplexity of samples, each a list of token ids. */
export function tokensTask(name: string, samples: number[][]): LoadedTask {
  const task: TokensTask = {
    kind: "tokens",
    name,
    version: 1,
    data: { repository: name, split: "test", exampleSplit: "test" },
    ask: ({ tokens }) => tokens as number[],
  };
  return { task, documents: samples.map((tokens) => ({ tokens })), pool: [] };
}
