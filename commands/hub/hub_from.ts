import { type HubSettings, hubSettings } from "../../lib/hub/hub_settings.ts";
import { UsageError } from "../command.ts";

/**
 * Access to the hub as the variables of Hugging Face's own tools say.
 *
 * @throws UsageError for an address that is none, or that holds a password.
 */
export function hubFrom(environment: Record<string, string>): HubSettings {
  const settings = hubSettings(environment);
  checkEndpoint(settings.endpoint);
  return settings;
}

function checkEndpoint(endpoint: string): void {
  if (/^[^/]*\/\/[^/?#]*@/.test(endpoint)) {
    throw new UsageError(
      "variable HF_ENDPOINT contains a user name or password, want a plain URL and a token in HF_TOKEN",
    );
  }
  if (/^https?:\/\/[^/@?#]+(\/[^?#]*)?$/.test(endpoint)) return;
  throw new UsageError(
    `variable HF_ENDPOINT is "${endpoint}", want an address such as https://host`,
  );
}
