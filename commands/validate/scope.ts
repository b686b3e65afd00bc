import { resolve } from "node:path";
import type { Scope } from "../command.ts";
import type { ValidateOptions } from "./parse.ts";
import { outputTree } from "../arguments/trees.ts";

/** Returns the permissions of `covey validate`. */
export function validateScope({ follow, html, run, trustLosses }: ValidateOptions): Scope {
  const directory = resolve(run);
  const page = html ? [resolve(html), resolve(`${html}.tmp`)] : [];
  return {
    read: [directory, ...page],
    write: [...(follow ? [directory] : []), ...page],
    trees: [outputTree(run)],
    outputs: html ? [{ option: "--html", path: html, kind: "file" }] : [],
    net: [],
    sys: [],
    engine: !trustLosses,
  };
}
