import type { Clock } from "../clock/clock.ts";
import { HubError, type HubErrorKind } from "./hub_error.ts";

/** What requests are made with. */
export interface HubConnection {
  /** Address of the hub. */
  readonly endpoint: string;
  /** Token; sent to the hub itself, never to where it redirects. */
  readonly token: string | undefined;
  /** Makes requests: the platform's. */
  readonly fetch: typeof fetch;
  /** Time for waits between tries. */
  readonly clock: Clock;
  /** Ends requests with its reason. */
  readonly signal: AbortSignal;
}

/** Tries of one request. */
const TRIES = 6;
/** Longest wait between two tries. */
const PAUSE_SECONDS_MAX = 60;
/** Redirects within the hub, for repositories that were renamed. */
const REDIRECTS_MAX = 5;

/** Kinds of errors by status. */
const KINDS: Readonly<Record<number, HubErrorKind>> = {
  401: "forbidden",
  403: "forbidden",
  404: "missing",
  410: "missing",
  416: "corrupt",
};

/**
 * Asks the hub, again where it is busy or cannot be reached. Redirects within the hub are followed with the
 * token; one that leads elsewhere is returned as it is.
 *
 * @param what Named in errors.
 * @throws HubError when the hub refuses, or could not be reached in six tries.
 */
export async function hubRequest(
  connection: HubConnection,
  address: string,
  what: string,
  init: { readonly method?: string; readonly headers?: Record<string, string> } = {},
): Promise<Response> {
  let url = new URL(address);
  for (let redirects = 0;; redirects++) {
    const own = url.origin === new URL(connection.endpoint).origin;
    const { token } = connection;
    const headers = {
      ...init.headers,
      ...(own && token ? { authorization: `Bearer ${token}` } : {}),
    };
    const response = await tryRequest(connection, url, what, { ...init, headers });
    const location = response.headers.get("location");
    if (response.status < 300 || response.status >= 400 || location === null) return response;
    const target = new URL(location, url);
    if (!own || target.origin !== url.origin) return response;
    await response.body?.cancel();
    if (redirects >= REDIRECTS_MAX) {
      throw new HubError(
        `Cannot fetch ${what}: it is redirected ${redirects} times`,
        "unavailable",
      );
    }
    url = target;
  }
}

async function tryRequest(
  { clock, endpoint, fetch, signal }: HubConnection,
  url: URL,
  what: string,
  init: { readonly method?: string; readonly headers: Record<string, string> },
): Promise<Response> {
  for (let tried = 1;; tried++) {
    signal.throwIfAborted();
    let trouble: string;
    let pauseSeconds = 2 ** (tried - 1) / 2;
    try {
      const response = await fetch(url, { ...init, redirect: "manual", signal });
      const { headers, status } = response;
      if (status < 400) return response;
      await response.body?.cancel();
      if (KINDS[status]) throw refusal(status, headers, what, endpoint);
      trouble = `status ${status}`;
      pauseSeconds = Math.max(pauseSeconds, Number(headers.get("retry-after")) || 0);
    } catch (cause) {
      signal.throwIfAborted();
      if (!(cause instanceof TypeError)) throw cause;
      trouble = cause.message;
    }
    if (tried >= TRIES) {
      throw new HubError(`Cannot fetch ${what}: ${trouble}, ${tried} times`, "unavailable");
    }
    const waitMs = Math.min(pauseSeconds, PAUSE_SECONDS_MAX) * 1000;
    await clock.sleepUntil(clock.nowMs() + waitMs, signal);
  }
}

function refusal(status: number, headers: Headers, what: string, endpoint: string): HubError {
  const code = headers.get("x-error-code")?.slice(0, 60);
  const words: Readonly<Record<number, string>> = {
    401: `${endpoint} asks who you are`,
    403: "this token may not read it",
    404: "there is no such thing",
  };
  const why = code === "GatedRepo" ? "its owner wants its terms accepted first" : words[status];
  return new HubError(
    `Cannot fetch ${what}: ${why ?? `status ${status}`}${code ? ` (${code})` : ""}`,
    code === "GatedRepo" ? "forbidden" : KINDS[status],
  );
}
