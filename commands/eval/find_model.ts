import { existsSync } from "node:fs";
import { join } from "node:path";
import { chatTemplateFile, DEFAULT_TEMPLATE } from "../../lib/checkpoint/read_chat_template.ts";
import { fetchModel } from "../../lib/hub/fetch_model.ts";
import type { Hub } from "../../lib/hub/hub.ts";
import { HubError } from "../../lib/hub/hub_error.ts";
import { RefusedRequestError } from "../command.ts";
import type { EvalOptions } from "./parse.ts";

/** Where MODEL lies. */
export interface FoundModel {
  /** Directory of its files. */
  readonly directory: string;
  /** Commit, of a model from the hub. */
  readonly commit: string | undefined;
}

/** Directory that MODEL names: a checkpoint, or the one in a run. Undefined when it is neither. */
export function localModel(model: string): string | undefined {
  return [model, join(model, "checkpoint")].find((path) => existsSync(join(path, "config.json")));
}

/**
 * Finds MODEL on this machine, or fetches it from the hub.
 *
 * @throws RefusedRequestError when MODEL names nothing.
 */
export async function findModel(options: EvalOptions, hub: Hub): Promise<FoundModel> {
  const local = localModel(options.model);
  if (
    !local &&
    (existsSync(options.model) ||
      !/^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/.test(options.model))
  ) {
    throw new RefusedRequestError(
      `Cannot open model ${options.model}: it has no config.json`,
      "give the directory of a checkpoint, a run of covey train (covey-run, once there is one), or an id such as org/name",
    );
  }
  if (local && options.revision !== undefined) {
    throw new RefusedRequestError(
      `Cannot use --revision ${options.revision}: ${local} is a directory of this machine`,
      "leave it out, or give the model's id",
    );
  }
  if (local) return { directory: local, commit: undefined };
  const { commit, folder } = await fetchNamed(options, hub);
  return { directory: folder, commit };
}

async function fetchNamed(
  { applyChatTemplate, chatTemplate = DEFAULT_TEMPLATE, model, revision = "main" }: EvalOptions,
  hub: Hub,
) {
  const template = applyChatTemplate ? chatTemplateFile(chatTemplate) : undefined;
  const more = template === undefined ? [] : [template];
  try {
    return await fetchModel(hub, { kind: "models", id: model, revision }, more);
  } catch (cause) {
    if (!(cause instanceof HubError)) throw cause;
    const text = `${cause.message}; nor is there a directory ${model} with a config.json`;
    throw new HubError(text, cause.kind, { cause });
  }
}
