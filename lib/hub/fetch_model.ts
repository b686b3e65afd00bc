import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Hub } from "./hub.ts";
import { HubError } from "./hub_error.ts";
import type { RepoName } from "./repo_cache.ts";

/** Files besides the weights. */
const SMALL = [
  "config.json",
  "generation_config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
];
const WHOLE = "model.safetensors";
const INDEX = "model.safetensors.index.json";

/**
 * Fetches the files needed to run a model: configuration, tokenizer and safetensors.
 *
 * @param more Further files, fetched if present.
 * @returns Folder of the model, and its commit.
 * @throws HubError when the repository has no model.
 */
export async function fetchModel(
  hub: Hub,
  repo: RepoName,
  more: readonly string[] = [],
): Promise<{ folder: string; commit: string }> {
  const { cached, commit, files } = await hub.list(repo);
  const isMissing = (text: string) =>
    new HubError(
      `Cannot use model ${repo.id}: ${text}${
        cached ? " in the cache, and the hub is unavailable" : ""
      }`,
      cached ? "unavailable" : "missing",
    );
  if (!files.includes("config.json")) {
    throw isMissing("it has no config.json");
  }
  const small = [...SMALL, ...more].filter((name) => files.includes(name));
  if (files.includes(WHOLE)) {
    return { folder: await hub.fetch(repo, commit, [...small, WHOLE]), commit };
  }
  if (!files.includes(INDEX)) throw isMissing(`it has neither ${WHOLE} nor ${INDEX}`);
  const folder = await hub.fetch(repo, commit, [...small, INDEX]);
  const text = await readFile(join(folder, INDEX), "utf8");
  let index: { weight_map?: Record<string, unknown> } | null = null;
  try {
    index = JSON.parse(text);
  } catch {
    // Reported below, like any other index without a map.
  }
  if (typeof index?.weight_map !== "object" || index.weight_map === null) {
    throw new HubError(`Cannot use model ${repo.id}: ${INDEX} has no weight_map`, "corrupt");
  }
  const shards = new Set(Object.values(index.weight_map));
  const lost = [...shards].find((name) => typeof name !== "string" || !files.includes(name));
  if (lost !== undefined && cached) throw isMissing(`${lost} is missing`);
  if (lost !== undefined) {
    throw new HubError(
      `Cannot use model ${repo.id}: its index names ${lost}, which is missing`,
      "corrupt",
    );
  }
  return { folder: await hub.fetch(repo, commit, [...shards] as string[]), commit };
}
