import type { PageTask } from "./task.ts";
import { tokensTask } from "./tokens_task.ts";
import { readTextFile } from "../corpus/read_text_file.ts";
import type { LoadedTask } from "./evaluate.ts";
/** Builds a task from a file: its perplexity. */
export async function textTask(name: string, path: string, lengthMax: number): Promise<LoadedTask> {
  const content = await readTextFile(path);
  if (!Array.isArray(content)) return tokensTask(name, samplesOf(content, lengthMax));
  const task: PageTask = {
    kind: "page",
    name,
    version: 1,
    data: { repository: path, split: "test", exampleSplit: "test" },
    ask: ({ page }) => ({ page: String(page), original: String(page) }),
  };
  return { task, documents: content.map((page) => ({ page })), pool: [] };
}

/**
 * Splits a shard into samples that overlap by one token, so that every token but the first is scored once.
 */
function samplesOf(tokens: Uint32Array, lengthMax: number): number[][] {
  const samples: number[][] = [];
  for (let start = 0; start < tokens.length - 1; start += lengthMax) {
    samples.push(Array.from(tokens.subarray(start, start + lengthMax + 1)));
  }
  return samples;
}
