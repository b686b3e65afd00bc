import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Scope } from "../command.ts";
import { modelTree, outputTree, repositoryOf } from "../arguments/trees.ts";
import type { TrainOptions } from "./parse.ts";
import { DEFAULT_TEXT } from "./plan.ts";

/** Returns the permissions of `covey train`. */
export function trainScope(options: TrainOptions): Scope {
  const inputs = [...options.texts, options.from, options.run, options.tokenizer, options.model]
    .flatMap((path) => (path === undefined ? [] : [resolve(path)]));
  const { from } = options;
  return {
    read: [
      ...inputs,
      ...(from === undefined ? [] : [repositoryOf(from)]),
      dirname(fileURLToPath(DEFAULT_TEXT)),
      resolve(options.out),
    ],
    write: [resolve(options.out)],
    trees: [outputTree(options.out), ...(from === undefined ? [] : [modelTree(from)])],
    outputs: [{ option: "--out", path: options.out, kind: "directory" }],
    net: [],
    sys: ["systemMemoryInfo"],
    engine: true,
  };
}
