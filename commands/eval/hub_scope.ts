import type { HubSettings } from "../../lib/hub/hub_settings.ts";

/** The hub's own host, and those that it sends to for large files. */
const HUB_HOSTS = ["huggingface.co", "*.huggingface.co", "*.hf.co"];

/** Hosts and paths that using the hub needs. Where a mirror sends to cannot be known. */
export function hubScope({ cacheDirectory, endpoint, tokenPath }: HubSettings): {
  hosts: string[];
  paths: string[];
} {
  const { hostname } = new URL(endpoint);
  return {
    hosts: HUB_HOSTS.includes(hostname) ? HUB_HOSTS : ["*"],
    paths: [cacheDirectory, ...(tokenPath ? [tokenPath] : [])],
  };
}
