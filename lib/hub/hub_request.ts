import { retry } from "../async/retry.ts";
import type { Clock } from "../clock/clock.ts";
import { HubError, type HubErrorKind } from "./hub_error.ts";

/** Settings of hub requests. */
export interface HubConnection {
  /** Address of the hub. */
  readonly endpoint: string;
  /** Token; sent to the hub itself, never to redirect targets. */
  readonly token: string | undefined;
  /** The platform's `fetch`. */
  readonly fetch: typeof fetch;
  /** Clock for waits between tries. */
  readonly clock: Clock;
  /** Aborts requests, with its reason. */
  readonly signal: AbortSignal;
}

/** Maximum number of tries per request. */
const TRIES = 6;
/** Longest wait between two tries. */
const PAUSE_SECONDS_MAX = 60;
/** Redirects within the hub, for repositories that were renamed. */
const REDIRECTS_MAX = 5;

/** Longest time without receiving anything. */
const SILENCE_SECONDS_MAX = 60;

/** Kinds of errors by status. */
const KINDS: Readonly<Record<number, HubErrorKind>> = {
  401: "forbidden",
  403: "forbidden",
  404: "missing",
  410: "missing",
  416: "corrupt",
};

/** Aborts a stalled connection. */
export interface Watchdog {
  /** Reports that data has arrived. */
  alive(): void;
  /** Stops watching, since the connection has ended. */
  stop(): void;
}

/** A response that is not an error. */
export interface HubAnswer {
  /** The response. */
  readonly response: Response;
  /** Watchdog, to which the reader of the body reports every chunk, and the end. */
  readonly watchdog: Watchdog;
}

/**
 * Sends a request to the hub, and retries if it is busy or unreachable. Follows redirects; sends the token to
 * the hub itself only.
 *
 * @param what Named in errors.
 * @param init `followAway: false` returns a redirect to contents unfollowed; `tries` defaults to 6.
 * @throws HubError when the hub refuses the request, or is unreachable.
 */
export async function hubRequest(
  connection: HubConnection,
  address: string,
  what: string,
  init: {
    readonly method?: string;
    readonly headers?: Record<string, string>;
    readonly followAway?: boolean;
    readonly tries?: number;
  } = {},
): Promise<HubAnswer> {
  const home = new URL(connection.endpoint).origin;
  const { followAway = true, tries = TRIES, ...rest } = init;
  let url = new URL(address);
  for (let redirects = 0;; redirects++) {
    const { token } = connection;
    const authorization = url.origin === home && token ? { authorization: `Bearer ${token}` } : {};
    // Lengths and hashes are those of the files, not of compressed responses.
    const headers = { "accept-encoding": "identity", ...rest.headers, ...authorization };
    const answer = await tryRequest(connection, url, what, { ...rest, headers }, tries);
    const { headers: told, status } = answer.response;
    const location = told.get("location");
    if (status < 300 || location === null) return answer;
    const target = new URL(location, url);
    // A redirect to contents itself carries their hash and length.
    const toContents = target.origin !== url.origin || told.has("x-linked-etag");
    if (toContents && !followAway) return answer;
    answer.watchdog.stop();
    await answer.response.body?.cancel();
    if (redirects >= REDIRECTS_MAX || !/^https?:$/.test(target.protocol)) {
      throw new HubError(
        `Cannot fetch ${what}: it is redirected to ${target.origin}`,
        "unavailable",
      );
    }
    url = target;
  }
}

/** A failed attempt that another one may make good. */
class BrokenAttempt extends Error {
  constructor(message: string, readonly pauseSeconds = 0) {
    super(message);
  }
}

async function tryRequest(
  connection: HubConnection,
  url: URL,
  what: string,
  init: RequestInit & { readonly headers: Record<string, string> },
  tries: number,
): Promise<HubAnswer> {
  const { clock, signal } = connection;
  const pauseMs = (error: unknown, tried: number) => {
    if (!(error instanceof BrokenAttempt)) return undefined;
    if (tried >= tries) {
      const times = tried === 1 ? "" : `, ${tried} times`;
      throw new HubError(`Cannot fetch ${what}: ${error.message}${times}`, "unavailable");
    }
    const pauseSeconds = Math.max(2 ** (tried - 1) / 2, error.pauseSeconds);
    return Math.min(pauseSeconds, PAUSE_SECONDS_MAX) * 1000;
  };
  return await retry(() => attempt(connection, url, what, init), { clock, signal, pauseMs });
}

async function attempt(
  { clock, endpoint, fetch, signal }: HubConnection,
  url: URL,
  what: string,
  init: RequestInit,
): Promise<HubAnswer> {
  const silence = new AbortController();
  const watchdog = watch(clock, silence);
  try {
    const ends = AbortSignal.any([signal, silence.signal]);
    const response = await fetch(url, { ...init, redirect: "manual", signal: ends });
    watchdog.alive();
    const { headers, status } = response;
    if (status < 400) return { response, watchdog };
    await response.body?.cancel();
    if (KINDS[status]) throw refusal(status, headers, what, endpoint);
    throw new BrokenAttempt(`status ${status}`, Number(headers.get("retry-after")) || 0);
  } catch (cause) {
    watchdog.stop();
    throw isBroken(cause) ? new BrokenAttempt(cause.message) : cause;
  }
}

/** Reports whether a connection could not be made, broke or stalled. */
export function isBroken(cause: unknown): cause is Error {
  return cause instanceof TypeError || cause instanceof SilenceError;
}

class SilenceError extends Error {}

function watch(clock: Clock, silence: AbortController): Watchdog {
  const over = new AbortController();
  let lastMs = clock.nowMs();
  const endMs = () => lastMs + SILENCE_SECONDS_MAX * 1000;
  const wait = async () => {
    while (clock.nowMs() < endMs()) await clock.sleepUntil(endMs(), over.signal);
    silence.abort(new SilenceError(`no data for ${SILENCE_SECONDS_MAX} seconds`));
  };
  wait().catch(() => {}); // stopped
  return { alive: () => lastMs = clock.nowMs(), stop: () => over.abort() };
}

function refusal(status: number, headers: Headers, what: string, endpoint: string): HubError {
  const code = headers.get("x-error-code")?.slice(0, 60);
  const words: Readonly<Record<number, string>> = {
    401: `${endpoint} requires authentication`,
    403: "this token has no read access",
    404: "not found",
  };
  const told: Readonly<Record<string, readonly [string, HubErrorKind]>> = {
    GatedRepo: ["its terms have to be accepted first", "forbidden"],
    // Also the response for private repositories that the token has no access to.
    RepoNotFound: ["there is no such repository, or it is private", "missing"],
  };
  const [why, kind] = told[code ?? ""] ?? [words[status] ?? `status ${status}`, KINDS[status]];
  return new HubError(`Cannot fetch ${what}: ${why}${code ? ` (${code})` : ""}`, kind);
}
