import { existsSync } from "node:fs";
import { join } from "node:path";
import { fetchModel } from "../../lib/hub/fetch_model.ts";
import type { Hub } from "../../lib/hub/hub.ts";
import { HubError } from "../../lib/hub/hub_error.ts";
import { RefusedRequestError } from "../command.ts";

/** Where MODEL lies. */
export interface FoundModel {
  /** Directory of its files. */
  readonly directory: string;
  /** Commit, for a model from the hub. */
  readonly commit: string | undefined;
}

/** Directory that MODEL names: a checkpoint, or the one in a run. Undefined when it is neither. */
export function localModel(model: string): string | undefined {
  return [model, join(model, "checkpoint")].find((path) => existsSync(join(path, "config.json")));
}

/** A model as a user names it. */
export interface NamedModel {
  /** Directory, or id on the hub. */
  readonly model: string;
  /** Revision on the hub; undefined for the newest. */
  readonly revision?: string | undefined;
  /** Files that are fetched besides weights, configuration and tokenizer. */
  readonly files?: readonly string[];
}

/** Whether a text may be an id on the hub: `org/name`, and nothing of this machine. */
export function mayBeHubId(model: string): boolean {
  return !existsSync(model) && /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/.test(model);
}

/**
 * Finds a model on this machine, or fetches it from the hub.
 *
 * @throws RefusedRequestError when the name is neither's.
 */
export async function findModel(named: NamedModel, hub: Hub): Promise<FoundModel> {
  const { model, revision } = named;
  const local = localModel(model);
  if (!local && !mayBeHubId(model)) {
    throw new RefusedRequestError(
      `Cannot open model ${model}: it has no config.json`,
      "give the directory of a checkpoint, a run of covey train (covey-run, once there is one), or an id such as org/name",
    );
  }
  if (local && revision !== undefined) {
    throw new RefusedRequestError(
      `Cannot use --revision ${revision}: ${local} is a directory of this machine`,
      "omit it, or give the model's id",
    );
  }
  if (local) return { directory: local, commit: undefined };
  const { commit, folder } = await fetchNamed(named, hub);
  return { directory: folder, commit };
}

async function fetchNamed({ files = [], model, revision = "main" }: NamedModel, hub: Hub) {
  try {
    return await fetchModel(hub, { kind: "models", id: model, revision }, [...files]);
  } catch (cause) {
    if (!(cause instanceof HubError)) throw cause;
    const text = `${cause.message}; nor is there a directory ${model} with a config.json`;
    throw new HubError(text, cause.kind, { cause });
  }
}
