import type { HubSettings } from "../lib/hub/hub_settings.ts";

/** Where the hub sends those who ask for large files. */
const CONTENT_HOSTS = ["*.huggingface.co", "*.hf.co"];

/** Hosts and paths that using the hub needs. */
export function hubScope({ cacheDirectory, endpoint, tokenPath }: HubSettings): {
  hosts: string[];
  paths: string[];
} {
  return {
    hosts: [new URL(endpoint).hostname, ...CONTENT_HOSTS],
    paths: [cacheDirectory, ...(tokenPath ? [tokenPath] : [])],
  };
}
