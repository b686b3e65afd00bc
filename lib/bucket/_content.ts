import type { ObjectSource } from "./bucket.ts";

/** Largest chunk of a stream that is made here. */
const CHUNK_BYTES = 1 << 20;

/**
 * A stream of the chunks that a function reads, one at a time as they are wanted.
 *
 * @param bytes Length of the stream; a read that returns nothing ends it early.
 * @param read Reads at most `count` bytes at a position.
 * @param close Called once when the stream is over, whatever ended it.
 */
export function streamOf(
  bytes: number,
  read: (at: number, count: number) => Promise<Uint8Array<ArrayBuffer>>,
  signal: AbortSignal | undefined,
  close: () => Promise<void> = () => Promise.resolve(),
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0;
  let abort = () => {};
  let closed: Promise<void> | undefined;
  const end = () => {
    signal?.removeEventListener("abort", abort);
    return closed ??= close();
  };
  return new ReadableStream({
    start(controller) {
      abort = () => {
        controller.error(signal!.reason);
        end();
      };
      if (signal?.aborted) abort();
      else signal?.addEventListener("abort", abort, { once: true });
    },
    async pull(controller) {
      try {
        const count = Math.min(CHUNK_BYTES, bytes - at);
        const chunk = count > 0 ? await read(at, count) : new Uint8Array();
        signal?.throwIfAborted();
        at += chunk.length;
        if (chunk.length > 0) return controller.enqueue(chunk);
      } catch (cause) {
        await end();
        throw cause;
      }
      await end();
      controller.close();
    },
    cancel: end,
  }, { highWaterMark: 0 });
}

/**
 * Chunks of what is put, checked against its length.
 *
 * @throws RangeError when a source is longer or shorter than it says.
 */
export async function* chunksOf(
  key: string,
  content: Uint8Array | ObjectSource,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  signal?.throwIfAborted();
  if (content instanceof Uint8Array) {
    for (let at = 0; at < content.length; at += CHUNK_BYTES) {
      yield content.subarray(at, at + CHUNK_BYTES);
      signal?.throwIfAborted();
    }
    return;
  }
  let bytes = 0;
  for await (const chunk of content.stream(0, content.bytes)) {
    signal?.throwIfAborted();
    bytes += chunk.length;
    if (bytes > content.bytes) break;
    yield chunk;
  }
  if (bytes !== content.bytes) {
    const came = bytes > content.bytes ? `at least ${bytes}` : bytes;
    throw new RangeError(
      `Cannot put object "${key}": its source gave ${came} bytes, want ${content.bytes}`,
    );
  }
}
