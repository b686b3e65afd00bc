import { SystemClock } from "../../lib/clock/system_clock.ts";
import { readTextIfAny } from "../../lib/file/read_text_if_any.ts";
import { Hub } from "../../lib/hub/hub.ts";
import type { HubSettings } from "../../lib/hub/hub_settings.ts";
import type { CommandDependencies } from "../command.ts";

/**
 * Opens the hub as configured by the environment.
 *
 * @param online Whether the network may be used; otherwise only the cache is.
 */
export async function openHub(
  { cacheDirectory, endpoint, token: given, tokenPath }: HubSettings,
  online: boolean,
  { signal }: CommandDependencies,
  progress: { downloaded(have: number, bytes: number): void; line(text: string): void },
): Promise<Hub> {
  const read = async () => tokenPath && (await readTextIfAny(tokenPath))?.trim();
  const token = online ? given ?? await read() : undefined;
  return new Hub({
    connection: online
      ? { endpoint, token: token || undefined, fetch, clock: new SystemClock(), signal }
      : undefined,
    cacheDirectory,
    onNote: (text) => progress.line(`note    ${text}`),
    onProgress: ({ bytes, have }) => progress.downloaded(have, bytes),
  });
}
