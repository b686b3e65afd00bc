import assert from "node:assert/strict";
import { LockstepClock } from "../clock/lockstep_clock.ts";
import {
  type Bucket,
  BucketUnavailableError,
  ObjectChangedError,
  ObjectNotFoundError,
  type ObjectSource,
  ObjectTooLargeError,
} from "./bucket.ts";
import { ConfirmingBucket } from "./confirming_bucket.ts";
import { DirectoryBucket } from "./directory_bucket.ts";
import { type BucketFault, FaultBucket } from "./fault_bucket.ts";
import { LimitingBucket } from "./limiting_bucket.ts";
import { MemoryBucket } from "./memory_bucket.ts";
import { Gate } from "../async/gate.ts";
import { openBucket } from "./open_bucket.ts";
import { RetryBucket } from "./retry_bucket.ts";

const NOW_MS = Date.UTC(2026, 0, 2, 3, 4, 5);
const bytes = (text: string) => new TextEncoder().encode(text);
const text = (value: Uint8Array) => new TextDecoder().decode(value);

/** A source that streams bytes in chunks of a size. */
function sourceOf(content: Uint8Array, chunkBytes: number): ObjectSource {
  return {
    bytes: content.length,
    stream: (start, end) =>
      ReadableStream.from(function* () {
        for (let at = start; at < end; at += chunkBytes) {
          yield content.subarray(at, Math.min(at + chunkBytes, end));
        }
      }()),
  };
}

async function collect(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<Uint8Array> {
  const chunks = await Array.fromAsync(stream);
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

/** Every implementation, each with a fresh bucket for each test. */
const KINDS: Record<
  string,
  (body: (bucket: Bucket, clock: LockstepClock) => Promise<void>) => Promise<void>
> = {
  async MemoryBucket(body) {
    const clock = new LockstepClock(NOW_MS, 1);
    await body(new MemoryBucket(clock), clock);
  },
  async "openBucket around FaultBucket"(body) {
    const clock = new LockstepClock(NOW_MS, 1);
    const calm = { next: () => undefined, latencyMs: () => 0, skewMs: () => 0 };
    const faulty = new FaultBucket(new MemoryBucket(clock), clock, calm);
    const retry = { tries: 3, pauseSeconds: 1 };
    const kinds = { faulty: { open: () => faulty, retry, gate: new Gate(4) } };
    const { signal } = new AbortController();
    await body(openBucket("faulty:", { kinds, clock, signal }), clock);
  },
  async DirectoryBucket(body) {
    const root = await Deno.makeTempDir();
    const clock = new LockstepClock(NOW_MS, 1);
    try {
      await body(new DirectoryBucket(root, clock), clock);
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  },
};

for (const [kind, withBucket] of Object.entries(KINDS)) {
  const test = (name: string, body: (bucket: Bucket, clock: LockstepClock) => Promise<void>) =>
    Deno.test(`${kind} ${name}`, () => withBucket(body));

  test("gives back what was put, with its facts", async (bucket) => {
    const put = await bucket.put("a/b.txt", bytes("hello"));
    const { bytes: got, info } = await bucket.get("a/b.txt");
    assert.equal(text(got), "hello");
    assert.deepEqual(info, put);
    assert.deepEqual([info.key, info.bytes, info.modifiedMs], ["a/b.txt", 5, NOW_MS]);
    assert.deepEqual(await bucket.head("a/b.txt"), put);
  });

  test("keeps its own copy of what was put", async (bucket) => {
    const content = bytes("hello");
    await bucket.put("a", content);
    content[0] = 0;
    const { bytes: got } = await bucket.get("a");
    got[1] = 0;
    assert.equal(text((await bucket.get("a")).bytes), "hello");
  });

  test("has no object before it is put nor after it is deleted", async (bucket) => {
    assert.equal(await bucket.head("a"), undefined);
    await assert.rejects(() => bucket.get("a"), ObjectNotFoundError);
    await bucket.delete("a");
    await bucket.put("a", bytes("x"));
    await bucket.delete("a");
    assert.equal(await bucket.head("a"), undefined);
    assert.deepEqual(await bucket.list(""), []);
  });

  test("replaces an object and changes its etag, also for the same content", async (bucket) => {
    const first = await bucket.put("a", bytes("same"));
    const second = await bucket.put("a", bytes("same"));
    assert.notEqual(first.etag, second.etag);
    await assert.rejects(() => bucket.get("a", { ifMatch: first.etag }), ObjectChangedError);
    assert.equal(text((await bucket.get("a", { ifMatch: second.etag })).bytes), "same");
  });

  test("stamps objects by its clock", async (bucket, clock) => {
    await clock.sleepUntil(NOW_MS + 5000);
    assert.equal((await bucket.put("a", bytes("x"))).modifiedMs, NOW_MS + 5000);
  });

  test("reads ranges, cut at the end", async (bucket) => {
    await bucket.put("a", bytes("0123456789"));
    const part = async (start: number, end: number) =>
      text((await bucket.get("a", { range: { start, end } })).bytes);
    assert.equal(await part(2, 5), "234");
    assert.equal(await part(8, 99), "89");
    for (const [start, end] of [[10, 11], [3, 3], [-1, 2]]) {
      await assert.rejects(() => part(start, end), RangeError);
    }
  });

  test("refuses objects that are longer than asked for", async (bucket) => {
    await bucket.put("a", new Uint8Array(100));
    await assert.rejects(() => bucket.get("a", { bytesMax: 99 }), ObjectTooLargeError);
    assert.equal((await bucket.get("a", { bytesMax: 100 })).bytes.length, 100);
  });

  test("takes empty objects", async (bucket) => {
    await bucket.put("empty", new Uint8Array());
    assert.equal((await bucket.get("empty")).bytes.length, 0);
  });

  test("lists by prefix, in order, from a place on", async (bucket) => {
    for (const key of ["b/2", "a/10", "a/9", "a/1/x", "c"]) await bucket.put(key, bytes(key));
    const keys = async (prefix: string, options?: { after?: string; limit?: number }) =>
      (await bucket.list(prefix, options)).map(({ key }) => key);
    assert.deepEqual(await keys(""), ["a/1/x", "a/10", "a/9", "b/2", "c"]);
    assert.deepEqual(await keys("a/1"), ["a/1/x", "a/10"]);
    assert.deepEqual(await keys("", { after: "a/10", limit: 2 }), ["a/9", "b/2"]);
    assert.deepEqual(await keys("nothing"), []);
  });

  test("refuses keys that leave it or that some store would change", async (bucket) => {
    for (
      const key of [
        "",
        "/a",
        "a/",
        "../a",
        "a/../b",
        "a//b",
        ".hidden",
        "a b",
        "ä",
        "a\\b",
        "x".repeat(600),
      ]
    ) {
      await assert.rejects(() => bucket.put(key, bytes("x")), RangeError, key);
      await assert.rejects(() => bucket.get(key), RangeError, key);
    }
  });

  test("puts what a source streams, and streams it back", async (bucket) => {
    const content = Uint8Array.from({ length: 2_500_000 }, (_, i) => i % 251);
    const info = await bucket.put("a", sourceOf(content, 700_000));
    assert.equal(info.bytes, content.length);
    assert.deepEqual((await bucket.get("a")).bytes, content);
    const streamed = await bucket.stream("a", { range: { start: 1000, end: 2_400_000 } });
    assert.deepEqual(streamed.info, info);
    assert.deepEqual(await collect(streamed.body), content.subarray(1000, 2_400_000));
  });

  test("refuses streams as it refuses reads", async (bucket) => {
    await assert.rejects(() => bucket.stream("a"), ObjectNotFoundError);
    await bucket.put("a", new Uint8Array(100));
    await assert.rejects(() => bucket.stream("a", { bytesMax: 99 }), ObjectTooLargeError);
    await assert.rejects(() => bucket.stream("a", { ifMatch: "other" }), ObjectChangedError);
    const range = { start: 100, end: 101 };
    await assert.rejects(() => bucket.stream("a", { range }), RangeError);
  });

  test("keeps the old object when a source is longer or shorter than it says", async (bucket) => {
    await bucket.put("a", bytes("old"));
    for (const wrong of [-1, 1]) {
      const stream = () => sourceOf(bytes("content"), 3).stream(0, 7);
      const source = { bytes: 7 + wrong, stream };
      await assert.rejects(() => bucket.put("a", source), RangeError);
    }
    assert.equal(text((await bucket.get("a")).bytes), "old");
    assert.equal((await bucket.list("")).length, 1);
  });

  test("does nothing once its signal is aborted", async (bucket) => {
    await bucket.put("a", bytes("old"));
    const signal = AbortSignal.abort(new Error("stopped"));
    for (
      const call of [
        () => bucket.put("a", bytes("new"), { signal }),
        () => bucket.get("a", { signal }),
        () => bucket.stream("a", { signal }),
        () => bucket.head("a", { signal }),
        () => bucket.list("", { signal }),
        () => bucket.delete("a", { signal }),
      ]
    ) await assert.rejects(async () => await call(), { message: "stopped" });
    assert.equal(text((await bucket.get("a")).bytes), "old");
  });

  test("ends a put in the middle, and leaves the old object", async (bucket) => {
    await bucket.put("a", bytes("old"));
    const stop = new AbortController();
    const content = new Uint8Array(100);
    let cancelled = false;
    const source = {
      bytes: 100,
      stream: () =>
        new ReadableStream<Uint8Array>({
          pull(controller) {
            controller.enqueue(content.subarray(0, 10));
            stop.abort(new Error("stopped"));
          },
          cancel: () => void (cancelled = true),
        }, { highWaterMark: 0 }),
    };
    const { signal } = stop;
    await assert.rejects(() => bucket.put("a", source, { signal }), { message: "stopped" });
    assert.equal(cancelled, true);
    assert.equal(text((await bucket.get("a")).bytes), "old");
  });

  test("ends a stream in the middle, by its signal or by its reader", async (bucket) => {
    await bucket.put("a", new Uint8Array(3_000_000));
    const stop = new AbortController();
    const { body } = await bucket.stream("a", { signal: stop.signal });
    const reader = body.getReader();
    assert.ok((await reader.read()).value!.length > 0);
    stop.abort(new Error("stopped"));
    await assert.rejects(async () => {
      while (!(await reader.read()).done);
    }, { message: "stopped" });
    const other = await bucket.stream("a");
    await other.body.cancel();
    assert.equal((await bucket.get("a")).bytes.length, 3_000_000);
  });

  test("ends a stream whose signal is aborted while it is opened", async (bucket) => {
    await bucket.put("a", bytes("content"));
    const stop = new AbortController();
    const opening = bucket.stream("a", { signal: stop.signal });
    opening.catch(() => {}); // it may end here, or in the stream
    queueMicrotask(() => stop.abort(new Error("stopped")));
    await assert.rejects(async () => await collect((await opening).body), { message: "stopped" });
  });

  test("never shows half an object while it is replaced", async (bucket) => {
    const contents = ["a".repeat(50_000), "b".repeat(70_000)];
    await bucket.put("a", bytes(contents[0]));
    const writes = Array.from({ length: 20 }, (_, i) => bucket.put("a", bytes(contents[i % 2])));
    const reads = Array.from({ length: 20 }, () => bucket.get("a"));
    for (const { bytes: got, info } of await Promise.all(reads)) {
      assert.ok(contents.includes(text(got)));
      assert.equal(info.bytes, got.length);
    }
    await Promise.all(writes);
  });
}

/** A bucket whose requests meet these faults, one after the other, and what is behind it. */
function withFaults(...faults: (BucketFault | undefined)[]) {
  const clock = new LockstepClock(NOW_MS, 1);
  const inner = new MemoryBucket(clock);
  const faulty = new FaultBucket(inner, clock, {
    next: () => faults.shift(),
    latencyMs: () => 5,
    skewMs: () => -60_000,
  });
  const retrying = new RetryBucket(new ConfirmingBucket(faulty), clock, {
    tries: 4,
    pauseSeconds: 1,
  });
  return { bucket: retrying, clock, faulty, inner };
}

Deno.test("RetryBucket gets through what passes, waiting longer each time", async () => {
  const { bucket, clock } = withFaults("error-500", "error-503");
  await bucket.put("a", bytes("x"));
  assert.equal(clock.nowMs(), NOW_MS + 1000 + 2000 + 5 * 5);
});

Deno.test("RetryBucket gives up after its tries, and does not try what is not the store's fault", async () => {
  const failing = new Array<BucketFault>(9).fill("error-500");
  await assert.rejects(() => withFaults(...failing).bucket.head("a"), BucketUnavailableError);
  const { bucket, clock } = withFaults();
  await assert.rejects(() => bucket.get("a"), ObjectNotFoundError);
  assert.equal(clock.nowMs(), NOW_MS + 5);
});

Deno.test("RetryBucket resumes a stream that breaks where it broke, if the object is the same", async () => {
  const content = Uint8Array.from({ length: 3_000_000 }, (_, i) => i % 251);
  const { bucket, inner } = withFaults("truncated", undefined, "truncated", "error-503");
  await inner.put("a", content);
  assert.deepEqual(await collect((await bucket.stream("a")).body), content);
  const changed = withFaults("truncated");
  await changed.inner.put("a", content);
  const { body } = await changed.bucket.stream("a");
  await changed.inner.put("a", content);
  await assert.rejects(() => collect(body), ObjectChangedError);
});

Deno.test("RetryBucket ends its pauses with the call's signal", async () => {
  const { clock, faulty } = withFaults("error-500");
  const bucket = new RetryBucket(faulty, clock, { tries: 2, pauseSeconds: 3600 });
  const stop = new AbortController();
  const head = bucket.head("a", { signal: stop.signal });
  head.catch(() => {});
  stop.abort(new Error("stopped"));
  await assert.rejects(head, { message: "stopped" });
});

Deno.test("LimitingBucket counts a stream until it is over", async () => {
  const clock = new LockstepClock(NOW_MS, 1);
  const bucket = new LimitingBucket(new MemoryBucket(clock), new Gate(1));
  await bucket.put("a", bytes("content"));
  for (const finish of [collect, (body: ReadableStream) => body.cancel()]) {
    const { body } = await bucket.stream("a");
    let answered = false;
    const head = bucket.head("a").then(() => answered = true);
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    assert.equal(answered, false);
    await finish(body);
    await head;
  }
});

Deno.test("openBucket ends every call with its owner's signal, and names the kinds it knows", async () => {
  const clock = new LockstepClock(NOW_MS, 2);
  const owner = new AbortController();
  const hanging = { next: () => "timeout" as const, latencyMs: () => 0, skewMs: () => 0 };
  const memory = {
    open: () => new FaultBucket(new MemoryBucket(clock), clock, hanging),
    retry: { tries: 9, pauseSeconds: 1 },
    gate: new Gate(1),
  };
  const options = { kinds: { memory }, clock, signal: owner.signal };
  const bucket = openBucket("memory:a", options);
  const calls = [bucket.head("a"), bucket.list("", { signal: new AbortController().signal })];
  const ended = Promise.allSettled(calls);
  owner.abort(new Error("stopped"));
  for (const call of await ended) {
    assert.equal(call.status === "rejected" && call.reason.message, "stopped");
  }
  for (const uri of ["s3://x", "toString:x", "memory", ""]) {
    assert.throws(() => openBucket(uri, options), /Cannot open bucket: kind is ".*", want memory/);
  }
});

Deno.test("ConfirmingBucket notices a write that was lost and a body that was cut", async () => {
  const { bucket, inner } = withFaults(
    ...[undefined, "lost-write", undefined, undefined, undefined, undefined, "truncated"] as const,
  );
  await bucket.put("a", bytes("content"));
  assert.equal(text((await inner.get("a")).bytes), "content");
  assert.equal(text((await bucket.get("a")).bytes), "content");
});

Deno.test("FaultBucket gives an old list and a wrong time when told to", async () => {
  const { faulty, inner } = withFaults(undefined, "stale-list", undefined, "wrong-modified");
  await inner.put("a/1", bytes("x"));
  assert.equal((await faulty.list("a/")).length, 1);
  await inner.put("a/2", bytes("x"));
  assert.equal((await faulty.list("a/")).length, 1);
  assert.equal((await faulty.list("a/")).length, 2);
  assert.equal((await faulty.head("a/1"))!.modifiedMs, NOW_MS - 60_000);
});
