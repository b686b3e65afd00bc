import { join } from "node:path";

/** How the Hugging Face hub is reached, and where what came from it lies. */
export interface HubSettings {
  /** Address of the hub, without a slash at the end. */
  readonly endpoint: string;
  /** Directory of the cache that all Hugging Face tools share. */
  readonly cacheDirectory: string;
  /** Token, where the environment has it. */
  readonly token: string | undefined;
  /** File that may hold the token; undefined where none is to be used unasked. */
  readonly tokenPath: string | undefined;
  /** Never use the network. */
  readonly offline: boolean;
}

const TRUE = /^(1|on|yes|true)$/i;

/** Settings from the variables that Hugging Face's own tools read. */
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
