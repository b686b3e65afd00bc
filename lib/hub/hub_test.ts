import assert from "node:assert/strict";
import { lstat, readFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import type { Clock } from "../clock/clock.ts";
import { HUB_COMMIT, HUB_TOKEN, type HubFile, startTestHub } from "../../testing/hub.ts";
import { fetchModel } from "./fetch_model.ts";
import { fetchSplit, fetchSplits } from "./fetch_split.ts";
import { Hub } from "./hub.ts";
import { HubError, type HubErrorKind } from "./hub_error.ts";
import { hubSettings } from "./hub_settings.ts";
import { checkRepoName, isSafePath, type RepoName } from "./repo_cache.ts";

/** Clock whose waits end at once. */
class HastyClock implements Clock {
  readonly waitedMs: number[] = [];
  nowMs(): number {
    return 0;
  }
  sleepUntil(timeMs: number, signal?: AbortSignal): Promise<void> {
    // The stall timeout is longer than any wait between two tries; it never elapses here.
    if (timeMs >= 60_000) {
      return new Promise((_, reject) =>
        signal?.addEventListener("abort", () => reject(signal.reason))
      );
    }
    this.waitedMs.push(timeMs);
    return Promise.resolve();
  }
}

const text = (content: string): HubFile => ({ content: new TextEncoder().encode(content) });
const WEIGHTS: HubFile = {
  content: Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7) % 251),
  large: true,
};
const repo = (id: string, revision = "main"): RepoName => ({ kind: "models", id, revision });

interface Setting {
  readonly hub: Hub;
  readonly offline: Hub;
  readonly cacheDirectory: string;
  readonly requests: string[];
  readonly clock: HastyClock;
  readonly progress: { have: number; bytes: number }[];
}

async function withHub(
  repos: Record<string, Record<string, HubFile>>,
  body: (setting: Setting) => Promise<void>,
  token?: string,
): Promise<void> {
  const cacheDirectory = await Deno.makeTempDir();
  await using server = startTestHub(repos);
  const clock = new HastyClock();
  const progress: { have: number; bytes: number }[] = [];
  const { signal } = new AbortController();
  const options = {
    cacheDirectory,
    onNote: () => {},
    onProgress: (each: { have: number; bytes: number }) => progress.push(each),
  };
  const connection = { endpoint: server.endpoint, token, fetch, clock, signal };
  const hub = new Hub({ ...options, connection });
  const offline = new Hub({ ...options, connection: undefined });
  try {
    await body({ hub, offline, cacheDirectory, requests: server.requests, clock, progress });
  } finally {
    await Deno.remove(cacheDirectory, { recursive: true });
  }
}

async function rejectsWith(kind: HubErrorKind, message: RegExp, body: () => Promise<unknown>) {
  await assert.rejects(body, (error: Error) => {
    assert.ok(error instanceof HubError, String(error));
    assert.equal(error.kind, kind);
    assert.match(error.message, message);
    return true;
  });
}

const MODEL = { "config.json": text("{}"), "model.safetensors": WEIGHTS, "README.md": text("x") };

Deno.test("Hub fetches a model into the layout of Hugging Face's cache, once", async () => {
  await withHub({ "models/org/m@main": MODEL }, async (setting) => {
    const { cacheDirectory, hub, offline, progress, requests } = setting;
    const { commit, folder } = await fetchModel(hub, repo("org/m"));
    assert.equal(commit, HUB_COMMIT);
    assert.equal(folder, join(cacheDirectory, "models--org--m", "snapshots", HUB_COMMIT));
    assert.deepEqual(
      new Uint8Array(await readFile(join(folder, "model.safetensors"))),
      WEIGHTS.content,
    );
    const blobs = [...Deno.readDirSync(join(cacheDirectory, "models--org--m", "blobs"))]
      .map(({ name }) => name.length).sort();
    assert.deepEqual(blobs, [40, 64], "named by SHA-1 of small files, SHA-256 of large ones");
    assert.equal(
      (await lstat(join(folder, "model.safetensors"))).nlink,
      2,
      "the bytes are stored once",
    );
    const ref = join(cacheDirectory, "models--org--m", "refs", "main");
    assert.equal(await readFile(ref, "utf8"), HUB_COMMIT);
    await assert.rejects(() => lstat(join(folder, "README.md")), "only what is needed");
    assert.deepEqual(progress.at(-1), { have: 300_002, bytes: 300_002 });
    const before = requests.length;
    await fetchModel(hub, repo("org/m"));
    assert.equal(requests.length, before, "nothing is requested twice");
    assert.equal((await fetchModel(offline, repo("org/m"))).folder, folder);
    assert.equal((await fetchModel(offline, repo("org/m", HUB_COMMIT))).folder, folder);
    await rejectsWith(
      "missing",
      /offline: revision v2 is not in/,
      () => fetchModel(offline, repo("org/m", "v2")),
    );
  });
});

Deno.test("Hub resumes where a connection broke, and where an earlier process stopped", async () => {
  const breaks = [100_000, 50_000, 1];
  const files = { ...MODEL, "model.safetensors": { ...WEIGHTS, breaks } };
  await withHub({ "models/org/m@main": files }, async ({ hub, requests }) => {
    const { folder } = await fetchModel(hub, repo("org/m"));
    assert.deepEqual(
      new Uint8Array(await readFile(join(folder, "model.safetensors"))),
      WEIGHTS.content,
    );
    const ranges = requests.filter((each) => each.startsWith("CDN")).map((each) =>
      each.split("=")[1]
    );
    assert.equal(ranges[0], "0-");
    assert.ok(
      ranges.length >= 2 && ranges.slice(1).every((range) => range !== "0-"),
      String(ranges),
    );
  });
});

Deno.test("Hub gives up on a connection without progress, and keeps the bytes received", async () => {
  const breaks = [1000, 0, 0, 0, 0, 0, 0];
  const files = { ...MODEL, "model.safetensors": { ...WEIGHTS, breaks } };
  await withHub({ "models/org/m@main": files }, async ({ hub }) => {
    await rejectsWith(
      "unavailable",
      /the connection broke 5 times at byte \d+ of 300000/,
      () => fetchModel(hub, repo("org/m")),
    );
    breaks.length = 0;
    const { folder } = await fetchModel(hub, repo("org/m"));
    assert.deepEqual(
      new Uint8Array(await readFile(join(folder, "model.safetensors"))),
      WEIGHTS.content,
    );
  });
});

Deno.test("Hub moves nothing into place that does not have the promised hash", async () => {
  for (const name of ["config.json", "model.safetensors"] as const) {
    const files = { ...MODEL, [name]: { ...MODEL[name], forged: true } };
    await withHub({ "models/org/m@main": files }, async ({ cacheDirectory, hub }) => {
      await rejectsWith("corrupt", /do not have the hash/, () => fetchModel(hub, repo("org/m")));
      const folder = join(cacheDirectory, "models--org--m", "snapshots", HUB_COMMIT);
      await assert.rejects(() => lstat(join(folder, name)));
    });
  }
});

Deno.test("Hub waits for the requested time, and tries again", async () => {
  const statuses = [429, 503];
  const files = { ...MODEL, "config.json": { ...text("{}"), statuses } };
  await withHub({ "models/org/m@main": files }, async ({ clock, hub }) => {
    await fetchModel(hub, repo("org/m"));
    assert.deepEqual(clock.waitedMs, [7000, 7000]);
    statuses.push(...new Array(6).fill(500));
    await rejectsWith(
      "unavailable",
      /status 500, 6 times/,
      () => hub.fetch(repo("org/m"), "f".repeat(40), ["config.json"]),
    );
  });
});

Deno.test("Hub reports denied access, and never sends its token to other hosts", async () => {
  const repos = { "models/private/m@main": MODEL };
  await withHub(repos, async ({ hub }) => {
    await rejectsWith(
      "forbidden",
      /its terms have to be accepted first \(GatedRepo\)/,
      () => fetchModel(hub, repo("private/m")),
    );
  });
  await withHub(repos, async ({ hub }) => {
    // The host of contents refuses requests that carry a token.
    await fetchModel(hub, repo("private/m"));
  }, HUB_TOKEN);
});

Deno.test("Hub follows a renamed repository, and names what is missing", async () => {
  const sharded = {
    "config.json": text("{}"),
    "model.safetensors.index.json": text(
      '{"weight_map":{"a":"m-1.safetensors","b":"m-2.safetensors"}}',
    ),
    "m-1.safetensors": text("1"),
    "m-2.safetensors": text("2"),
  };
  const repos = {
    "models/org/shards@main": sharded,
    "models/org/lost@main": { ...sharded, "m-2.safetensors": undefined as unknown as HubFile },
    "models/org/none@main": { "config.json": text("{}") },
    "models/old/m@main": MODEL,
    "models/new/m@main": MODEL,
  };
  delete (repos["models/org/lost@main"] as Record<string, HubFile>)["m-2.safetensors"];
  await withHub(repos, async ({ hub }) => {
    const { folder } = await fetchModel(hub, repo("org/shards"));
    assert.equal(await readFile(join(folder, "m-2.safetensors"), "utf8"), "2");
    await fetchModel(hub, repo("old/m"));
    await rejectsWith(
      "missing",
      /not found \(RevisionNotFound\)/,
      () => fetchModel(hub, repo("org/nothing")),
    );
    await rejectsWith(
      "missing",
      /neither model.safetensors nor/,
      () => fetchModel(hub, repo("org/none")),
    );
    await rejectsWith(
      "corrupt",
      /its index names m-2.safetensors, which is missing/,
      () => fetchModel(hub, repo("org/lost")),
    );
  });
});

Deno.test("fetchSplit prefers files converted by the hub to those of the dataset", async () => {
  const repos = {
    "datasets/org/d@refs/convert/parquet": {
      "main/test/0001.parquet": text("second"),
      "main/test/0000.parquet": text("first"),
      "other/test/0000.parquet": text("other"),
    },
    "datasets/org/own@main": {
      "data/validation-00000-of-00001.parquet": text("own"),
      "train.jsonl": text("lines"),
    },
  };
  await withHub(repos, async ({ hub }) => {
    const read = async (name: Parameters<typeof fetchSplit>[1]) =>
      await Promise.all((await fetchSplit(hub, name)).map((path) => readFile(path, "utf8")));
    assert.deepEqual(await read({ id: "org/d", configuration: "main", split: "test" }), [
      "first",
      "second",
    ]);
    assert.deepEqual(await read({ id: "org/own", configuration: undefined, split: "validation" }), [
      "own",
    ]);
    assert.deepEqual(await read({ id: "org/own", configuration: undefined, split: "train" }), [
      "lines",
    ]);
    await rejectsWith(
      "missing",
      /Cannot find split dev of dataset org\/d, configuration main/,
      () => fetchSplit(hub, { id: "org/d", configuration: "main", split: "dev" }),
    );
  });
});

Deno.test("fetchSplits fetches all files of a dataset together, and skips what is missing", async () => {
  const files = ["a", "b", "c"].map((name) => [`${name}/test/0000.parquet`, text(name)] as const);
  const repos = {
    "datasets/org/d@refs/convert/parquet": Object.fromEntries(files),
    "datasets/org/e@refs/convert/parquet": { "default/test/0000.parquet": text("e") },
  };
  await withHub(repos, async ({ hub, progress, requests }) => {
    const split = (id: string, configuration?: string) => ({ id, configuration, split: "test" });
    const names = [...["a", "b", "none", "c"].map((name) => split("org/d", name)), split("org/e")];
    await fetchSplits(hub, [...names, split("org/nothing")]);
    assert.deepEqual(new Set(progress.map(({ bytes }) => bytes)), new Set([3, 1]));
    const asked = requests.length;
    for (const name of names.filter(({ configuration }) => configuration !== "none")) {
      await fetchSplit(hub, name);
    }
    assert.equal(requests.length, asked, "no file is requested twice");
  });
});

Deno.test("Hub aborts a stalled connection, and uses its cache while the hub is unreachable", async () => {
  await withHub({ "models/org/m@main": MODEL }, async ({ cacheDirectory, hub }) => {
    const { folder } = await fetchModel(hub, repo("org/m"));
    const { signal } = new AbortController();
    let asked = 0;
    const notes: string[] = [];
    const silent: typeof fetch = (_, init) => {
      asked++;
      return new Promise((_, reject) => {
        init!.signal!.addEventListener("abort", () => reject(init!.signal!.reason));
      });
    };
    // A clock whose waits end at once, including the stall timeout.
    let nowMs = 0;
    const clock: Clock = {
      nowMs: () => nowMs,
      sleepUntil: (timeMs, stop) => {
        stop?.throwIfAborted();
        nowMs = Math.max(nowMs, timeMs);
        return Promise.resolve();
      },
    };
    const connection = {
      endpoint: "http://127.0.0.1:9",
      token: undefined,
      fetch: silent,
      clock,
      signal,
    };
    const away = new Hub({
      cacheDirectory,
      onNote: (text) => notes.push(text),
      onProgress: () => {},
      connection,
    });
    assert.equal((await fetchModel(away, repo("org/m"))).folder, folder);
    assert.equal(asked, 1);
    assert.match(notes.join(), /no data for 60 seconds; using the cached files/);
    await rejectsWith(
      "unavailable",
      /no data for 60 seconds, 6 times/,
      () => away.list(repo("org/other")),
    );
  });
});

Deno.test("untrusted names never lead outside the cache", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 30 }), (name) => {
      const inside = (path: string) => join("/cache/x", path).startsWith("/cache/x/");
      if (isSafePath(name)) assert.ok(inside(name), name);
      for (const each of [{ id: name, revision: "main" }, { id: "a/b", revision: name }]) {
        try {
          checkRepoName({ kind: "models", ...each });
        } catch (error) {
          assert.ok(error instanceof RangeError);
          continue;
        }
        assert.ok(inside(each.id.replaceAll("/", "--")) && inside(each.revision));
      }
    }),
    { seed: 6, numRuns: 2000 },
  );
  for (const path of ["../a", "a/../b", "/a", "a//b", "a\\b", "C:a", ".", ""]) {
    assert.ok(!isSafePath(path), path);
  }
});

Deno.test("hubSettings reads the environment variables of Hugging Face's own tools", () => {
  const home = { HOME: "/home/me" };
  assert.deepEqual(hubSettings(home), {
    endpoint: "https://huggingface.co",
    cacheDirectory: "/home/me/.cache/huggingface/hub",
    token: undefined,
    tokenPath: "/home/me/.cache/huggingface/token",
    offline: false,
  });
  const unasked = hubSettings({ ...home, HF_TOKEN: "x", HF_HUB_DISABLE_IMPLICIT_TOKEN: "1" });
  assert.deepEqual([unasked.token, unasked.tokenPath], [undefined, undefined]);
  const all = hubSettings({
    ...home,
    HF_ENDPOINT: "https://mirror.example/",
    HF_HOME: "/hf",
    HF_TOKEN: " hf_x ",
    HF_HUB_OFFLINE: "1",
  });
  assert.deepEqual(all, {
    endpoint: "https://mirror.example",
    cacheDirectory: "/hf/hub",
    token: "hf_x",
    tokenPath: "/hf/token",
    offline: true,
  });
  assert.equal(hubSettings({ ...home, XDG_CACHE_HOME: "/c" }).cacheDirectory, "/c/huggingface/hub");
});
