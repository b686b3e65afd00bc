import { join } from "node:path";

/** Access to the Hugging Face hub, and location of its cache. */
export interface HubSettings {
  /** Address of the hub, without a slash at the end. */
  readonly endpoint: string;
  /** Directory of the cache that all Hugging Face tools share. */
  readonly cacheDirectory: string;
  /** Token, if set in the environment. */
  readonly token: string | undefined;
  /** File that may hold the token; undefined if implicit tokens are disabled. */
  readonly tokenPath: string | undefined;
  /** Whether the network must not be used. */
  readonly offline: boolean;
}

const TRUE = /^(1|on|yes|true)$/i;

/** Reads the settings from the environment variables of Hugging Face's own tools. */
export function hubSettings(
  environment: Readonly<Record<string, string | undefined>>,
): HubSettings {
  const userHome = environment.HOME ?? environment.USERPROFILE ?? ".";
  const home = environment.HF_HOME ??
    join(environment.XDG_CACHE_HOME ?? join(userHome, ".cache"), "huggingface");
  const unasked = !TRUE.test(environment.HF_HUB_DISABLE_IMPLICIT_TOKEN ?? "");
  return {
    endpoint: (environment.HF_ENDPOINT ?? "https://huggingface.co").replace(/\/+$/, ""),
    cacheDirectory: environment.HF_HUB_CACHE ?? join(home, "hub"),
    token: unasked ? environment.HF_TOKEN?.trim() || undefined : undefined,
    tokenPath: unasked ? environment.HF_TOKEN_PATH ?? join(home, "token") : undefined,
    offline: TRUE.test(environment.HF_HUB_OFFLINE ?? environment.TRANSFORMERS_OFFLINE ?? ""),
  };
}
