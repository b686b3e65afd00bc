import type { Clock } from "../lib/clock/clock.ts";
import { readTextIfAny } from "../lib/checkpoint/read_text_if_any.ts";
import { Hub } from "../lib/hub/hub.ts";
import type { HubSettings } from "../lib/hub/hub_settings.ts";
import type { CommandDependencies } from "./command.ts";

/** The hub as the environment and the options say. */
export async function openHub(
  { hub: settings, offline }: { hub: HubSettings; offline: boolean },
  { signal }: CommandDependencies,
  progress: { downloaded(have: number, bytes: number): void },
  clock: Clock,
): Promise<Hub> {
  const token = settings.token ?? (await readTextIfAny(settings.tokenPath))?.trim();
  return new Hub({
    connection: offline || settings.offline
      ? undefined
      : { endpoint: settings.endpoint, token: token || undefined, fetch, clock, signal },
    cacheDirectory: settings.cacheDirectory,
    onProgress: ({ bytes, have }) => progress.downloaded(have, bytes),
  });
}
