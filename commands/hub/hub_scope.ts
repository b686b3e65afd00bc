import type { HubSettings } from "../../lib/hub/hub_settings.ts";

/** The hub's own host, and those that it redirects to for large files. */
const HUB_HOSTS = ["huggingface.co", "*.huggingface.co", "*.hf.co"];

/** Returns the hosts and paths that the hub needs. Redirect targets of a mirror are unknown. */
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
