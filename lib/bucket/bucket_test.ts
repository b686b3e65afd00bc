import assert from "node:assert/strict";
import { LockstepClock } from "../clock/lockstep_clock.ts";
import {
  type Bucket,
  BucketUnavailableError,
  ObjectChangedError,
  ObjectNotFoundError,
  ObjectTooLargeError,
} from "./bucket.ts";
import { ConfirmingBucket } from "./confirming_bucket.ts";
import { DirectoryBucket } from "./directory_bucket.ts";
import { type BucketFault, FaultBucket } from "./fault_bucket.ts";
import { MemoryBucket } from "./memory_bucket.ts";
import { RetryBucket } from "./retry_bucket.ts";

const NOW_MS = Date.UTC(2026, 0, 2, 3, 4, 5);
const bytes = (text: string) => new TextEncoder().encode(text);
const text = (value: Uint8Array) => new TextDecoder().decode(value);

/** Every implementation, each with a fresh bucket for each test. */
const KINDS: Record<
  string,
  (body: (bucket: Bucket, clock: LockstepClock) => Promise<void>) => Promise<void>
> = {
  async MemoryBucket(body) {
    const clock = new LockstepClock(NOW_MS, 1);
    await body(new MemoryBucket(clock), clock);
  },
  async "RetryBucket, ConfirmingBucket, FaultBucket"(body) {
    const clock = new LockstepClock(NOW_MS, 1);
    const calm = { next: () => undefined, latencyMs: () => 0, skewMs: () => 0 };
    const faulty = new FaultBucket(new MemoryBucket(clock), clock, calm);
    const options = { tries: 3, pauseSeconds: 1 };
    await body(new RetryBucket(new ConfirmingBucket(faulty), clock, options), clock);
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
