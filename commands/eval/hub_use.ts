import { localModel } from "../hub/find_model.ts";
import type { EvalOptions } from "./parse.ts";

/** Reports whether anything comes from the hub, and whether that needs the network. */
export function hubUse({ dataDir, hub, model, offline, suite, tasks }: EvalOptions) {
  const needsDocuments = suite !== undefined || tasks.some((name) => name !== "list");
  const fromHub = !localModel(model) || (dataDir === undefined && needsDocuments);
  return { fromHub, online: fromHub && !offline && !hub.offline };
}
