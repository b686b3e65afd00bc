import { dirname, join, resolve } from "node:path";
import { localModel } from "../hub/find_model.ts";
import { modelTree, outputTree, repositoryOf, resultTree, taskTree } from "../arguments/trees.ts";
import { hubUse } from "./hub_use.ts";
import type { Scope } from "../command.ts";
import { folderOf } from "./results.ts";
import type { EvalOptions } from "./parse.ts";
import { hubScope } from "../hub/hub_scope.ts";

/** Returns the permissions of `covey eval`; hosts only if something is to be downloaded. */
export function evalScope(options: EvalOptions): Scope {
  const {
    cacheDirectory,
    dataDir,
    hub,
    includePath,
    model,
    outputPath,
    prefetch,
    text,
    tokenizer,
  } = options;
  const local = localModel(model);
  const { fromHub, online } = hubUse(options);
  const given = [dataDir, includePath, tokenizer, ...text].filter((path) => path !== undefined);
  const output = [outputPath, prefetch].filter((path) => path !== undefined)
    .map((path) => resolve(path.endsWith(".json") ? dirname(path) : path));
  const cache = options.cache ? [join(cacheDirectory, "answers")] : [];
  const remote = hubScope(hub);
  return {
    read: [
      resolve(model),
      ...(local ? [repositoryOf(local)] : []),
      ...given.map((path) => resolve(path)),
      ...output,
      ...cache,
      ...(fromHub ? remote.paths : []),
    ],
    write: [...output, ...cache, ...(online ? [hub.cacheDirectory] : [])],
    trees: [
      ...(local ? [modelTree(model)] : []),
      ...[dataDir, includePath].flatMap((path) => (path === undefined ? [] : [taskTree(path)])),
      ...(tokenizer === undefined ? [] : [modelTree(tokenizer)]),
      ...(outputPath === undefined ? [] : [resultTree(folderOf(outputPath, model), 0)]),
      ...(prefetch === undefined ? [] : [resultTree(prefetch, 1)]),
      ...[...cache, ...(fromHub ? [hub.cacheDirectory] : [])].map(outputTree),
    ],
    outputs: [
      ...(outputPath === undefined ? [] : [{
        option: "--output-path",
        path: folderOf(outputPath, model),
        kind: "directory" as const,
      }]),
      ...(prefetch === undefined
        ? []
        : [{ option: "--prefetch", path: prefetch, kind: "directory" as const }]),
    ],
    net: online ? remote.hosts : [],
    sys: ["systemMemoryInfo"],
    engine: prefetch === undefined && !options.tasks.includes("list"),
  };
}
