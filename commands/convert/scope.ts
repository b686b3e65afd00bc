import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { TARGETS } from "../../lib/convert/targets.ts";
import { TEXT_FILES } from "../../lib/convert/model_texts.ts";
import { modelTree, outputTree, repositoryOf } from "../arguments/trees.ts";
import type { Scope } from "../command.ts";
import { mayBeHubId } from "../hub/find_model.ts";
import { hubScope } from "../hub/hub_scope.ts";
import type { ConvertOptions } from "./parse.ts";

/** What `covey convert` may reach: its input, and its output with the names that files have before they are whole. */
export function convertScope({ average, hub, input, output, to }: ConvertOptions): Scope {
  const inputs = [input, ...average];
  const fromHub = inputs.some(mayBeHubId);
  const online = fromHub && !hub.offline;
  const remote = hubScope(hub);
  const directories = inputs.flatMap((path) =>
    [path, join(path, "checkpoint")].filter((each) => existsSync(join(each, "config.json")))
  );
  const isFile = TARGETS[to].ending !== undefined;
  const written = output === undefined
    ? []
    : isFile
    ? [resolve(output), resolve(`${output}.tmp`)]
    : [resolve(output)];
  // What a file of weights says nothing of lies beside it.
  const beside = inputs.flatMap((path) =>
    ["config.json", "params.json", ...TEXT_FILES].map((name) => resolve(dirname(path), name))
  );
  return {
    read: [
      ...inputs.map((path) => resolve(path)),
      ...beside,
      ...directories.map(repositoryOf),
      ...written,
      ...(fromHub ? remote.paths : []),
    ],
    write: [...written, ...(online ? [hub.cacheDirectory] : [])],
    trees: [
      ...directories.map(modelTree),
      ...(fromHub ? [outputTree(hub.cacheDirectory)] : []),
      ...(output === undefined || isFile ? [] : [outputTree(output)]),
    ],
    outputs: output === undefined
      ? []
      : [{ option: "OUTPUT", path: output, kind: isFile ? "file" : "directory" }],
    net: online ? remote.hosts : [],
    sys: [],
    engine: false,
  };
}
