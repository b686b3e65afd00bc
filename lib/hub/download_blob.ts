import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { HubError } from "./hub_error.ts";
import { type HubConnection, hubRequest, isBroken } from "./hub_request.ts";

/** A file to fetch. */
export interface BlobRequest {
  /** Address at the hub. */
  readonly address: string;
  /** SHA-256, or SHA-1 of the git object. */
  readonly etag: string;
  /** Length that the hub reports. */
  readonly bytes: number;
  /** Target path. */
  readonly path: string;
  /** Named in errors. */
  readonly what: string;
}

/** Consecutive broken connections without progress before a download fails. */
const BREAKS_MAX = 5;

/**
 * Downloads a file: resumes an earlier attempt, and moves the file into place only if its hash is correct.
 *
 * @param onBytes Called with the number of bytes added.
 * @throws HubError when it cannot be fetched, or its content does not match length and hash.
 */
export async function downloadBlob(
  connection: HubConnection,
  request: BlobRequest,
  onBytes: (count: number) => void,
): Promise<void> {
  const { bytes, etag, path, what } = request;
  const partial = `${path}.incomplete`;
  await mkdir(dirname(path), { recursive: true });
  let have = existsSync(partial) ? (await stat(partial)).size : 0;
  if (have > bytes) have = 0;
  onBytes(have);
  for (let breaks = 0; have < bytes;) {
    connection.signal.throwIfAborted();
    const before = have;
    have = await appendFrom(connection, request, partial, have, onBytes);
    breaks = have > before ? 0 : breaks + 1;
    if (breaks < BREAKS_MAX) continue;
    throw new HubError(
      `Cannot fetch ${what}: the connection broke ${breaks} times at byte ${have} of ${bytes}`,
      "unavailable",
    );
  }
  if (bytes === 0) await (await open(partial, "w")).close();
  if (await hashOf(partial, etag, bytes) !== etag) {
    await rm(partial, { force: true });
    throw new HubError(
      `Cannot fetch ${what}: the ${bytes} bytes received do not have the hash ${etag}`,
      "corrupt",
    );
  }
  await rename(partial, path);
}

/** Appends received bytes until the connection ends; returns the new length. */
async function appendFrom(
  connection: HubConnection,
  { address, bytes, what }: BlobRequest,
  partial: string,
  have: number,
  onBytes: (count: number) => void,
): Promise<number> {
  const headers = { range: `bytes=${have}-` };
  // The redirect is resolved anew each time, since such addresses expire.
  const { response, watchdog } = await hubRequest(connection, address, what, { headers });
  // A server without range support starts at the beginning.
  const start = response.status === 206 ? startOf(response, have) : 0;
  const file = await open(partial, start === 0 ? "w" : "r+");
  let at = start;
  try {
    if (start > have) {
      throw new HubError(`Cannot fetch ${what}: got byte ${start}, want ${have}`, "corrupt");
    }
    for await (const chunk of response.body ?? []) {
      watchdog.alive();
      if (at + chunk.length > bytes) {
        throw new HubError(`Cannot fetch ${what}: more than ${bytes} bytes received`, "corrupt");
      }
      for (let done = 0; done < chunk.length;) {
        done += (await file.write(chunk, done, chunk.length - done, at + done)).bytesWritten;
      }
      at += chunk.length;
      if (at > have) onBytes(at - Math.max(have, at - chunk.length));
    }
  } catch (cause) {
    connection.signal.throwIfAborted();
    // A broken connection is an ordinary end; received bytes are kept.
    if (!isBroken(cause)) throw cause;
  } finally {
    watchdog.stop();
    await response.body?.cancel().catch(() => {}); // usually already closed
    await file.close();
  }
  return at;
}

/** Returns the offset of the first byte of a partial response. */
function startOf(response: Response, asked: number): number {
  const told = response.headers.get("content-range")?.match(/^bytes (\d+)-/)?.[1];
  return told === undefined ? asked : Number(told);
}

/** Hashes a file with the algorithm of its etag. */
async function hashOf(path: string, etag: string, bytes: number): Promise<string> {
  const hash = createHash(etag.length === 64 ? "sha256" : "sha1");
  if (etag.length === 40) hash.update(`blob ${bytes}\0`);
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest("hex");
}
