import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { TARGETS } from "../../lib/convert/targets.ts";
import { modelTree, outputTree, repositoryOf } from "../arguments/trees.ts";
import type { Scope } from "../command.ts";
import type { ConvertOptions } from "./parse.ts";

/** What `covey convert` may reach: its input, and its output with the names that files have before they are whole. */
export function convertScope({ input, output, to }: ConvertOptions): Scope {
  const model = [input, join(input, "checkpoint")].find((path) =>
    existsSync(join(path, "config.json"))
  );
  const isFile = TARGETS[to].ending !== undefined;
  const written = output === undefined
    ? []
    : isFile
    ? [resolve(output), resolve(`${output}.tmp`)]
    : [resolve(output)];
  return {
    read: [resolve(input), ...(model ? [repositoryOf(model)] : []), ...written],
    write: written,
    trees: [
      ...(model ? [modelTree(input)] : []),
      ...(output === undefined || isFile ? [] : [outputTree(output)]),
    ],
    outputs: output === undefined
      ? []
      : [{ option: "OUTPUT", path: output, kind: isFile ? "file" : "directory" }],
    net: [],
    sys: [],
    engine: false,
  };
}
