// End-to-end tests: the program in a separate process, run through its command line.
import assert from "node:assert/strict";
import { join } from "node:path";
import { covey, run, withRun } from "../../testing/program.ts";

Deno.test("covey validate replays what the run's validator published, and explains it", async () => {
  await withRun(async ({ directory, out, train }) => {
    const trained = await run(train("--peers", "3", "--adversaries", "sign-flip", "--quiet"));
    assert.equal(trained.code, 0, trained.error);
    const html = join(directory, "scores.html");
    const board = await run(["validate", out, "--html", html]);
    assert.equal(board.code, 0, board.error);
    assert.match(board.out, /^window 3, state [0-9a-f]{16}\n *peer +weight +score/);
    assert.match(
      board.out,
      /\n3 windows replayed from the buckets: every score is the published/,
    );
    assert.match(board.error, /^window 1 {2}as published\nwindow 2 {2}as published\nwindow 3/);
    const page = await Deno.readTextFile(html);
    assert.match(page, /<h2 id="peer-2">Peer 2<\/h2>/);
    assert.doesNotMatch(page, /<script|https?:/);

    const explained = await run(["validate", out, "--explain", "2", "--window", "2", "--quiet"]);
    assert.match(explained.out, /^peer 2 in window 2, policy templar\n {2}submission /);
    for (
      const term of ["gain", "own data", "average", "ordinal", "sync", "base", "score", "weight"]
    ) {
      assert.match(explained.out, new RegExp(`^  ${term} +\\S`, "m"));
    }
    const json = await run([
      "validate",
      out,
      "--json",
      "--explain",
      "0",
      "--trust-losses",
      "--quiet",
    ]);
    const document = JSON.parse(json.out);
    assert.deepEqual([document.windows, document.window, document.asPublished], [3, 3, true]);
    assert.equal(document.explanation.total, document.scores[0].score);

    // A signed record that contradicts the buckets is detected and located.
    await Deno.remove(join(out, "buckets/3/relay/00000001/0.covey"));
    const changed = await run(["validate", out, "--trust-losses", "--quiet"]);
    assert.equal(changed.code, 6, changed.error);
    assert.match(changed.out, /window 2: .*observation\.peers\.0\.refused/);
    const list = await run(["validate", out, "--trust-losses", "--quiet", "--json"]);
    assert.ok(
      JSON.parse(list.out).differences.some(({ window }: { window: number }) => window === 2),
    );
    await Deno.remove(join(out, "buckets/3/record/00000001/3.json"));
    const gone = await run(["validate", out, "--trust-losses", "--quiet"]);
    assert.equal(gone.code, 6);
    assert.match(gone.error, /^error: Cannot replay window 2: its record is missing.*\nhint: /);
  });
});

Deno.test("covey validate --follow scores a live run and ends with it", async () => {
  await withRun(async ({ out, train }) => {
    const first = await run(train("--windows", "1", "--quiet"));
    assert.equal(first.code, 0, first.error);
    const training = covey(train("--windows", "4", "--quiet")).spawn();
    const followed = await run(["validate", out, "--follow"]);
    const { code } = await training.output();
    assert.equal(code, 0);
    assert.equal(followed.code, 0, followed.error);
    const windows = [...followed.out.matchAll(/^window (\d+) {2}0: /gm)].map(([, window]) =>
      window
    );
    // It ends after the run's first part, or continues into the second.
    assert.deepEqual(windows, ["1", "2", "3", "4"].slice(0, windows.length));
    assert.ok(windows.length >= 1);
    const rest = await run(["validate", out, "--follow", "--quiet"]);
    assert.equal(rest.code, 0, rest.error);
    assert.equal(windows.length + rest.out.split("\n").length - 1, 4);
    const again = await run(train("--windows", "5", "--quiet"));
    assert.equal(again.code, 0, again.error);
  });
});

Deno.test("covey validate reports bad input in one line, with a hint and an exit code", async () => {
  await withRun(async ({ directory, out, train }) => {
    const cases: [args: string[], code: number, message: RegExp][] = [
      [[directory], 2, /run\.yaml is missing\nhint: give the directory of a run/],
      [[out, "--window", "9"], 2, /3 windows have been scored\nhint: /],
      [[out, "--explain", "9"], 2, /the run has 2 peers\nhint: choose one from 0 to 1/],
      [[out, "--wndow", "1"], 2, /Did you mean --window/],
    ];
    const trained = await run(train("--peers", "2", "--quiet"));
    assert.equal(trained.code, 0, trained.error);
    for (const [args, code, message] of cases) {
      const found = await run(["validate", ...args, "--quiet", "--trust-losses"]);
      assert.equal(found.code, code, found.error);
      assert.match(found.error, message);
    }
    await Deno.truncate(join(out, "initial.safetensors"), 2000);
    const cut = await run(["validate", out]);
    assert.equal(cut.code, 6, cut.error);
    assert.match(cut.error, /initial\.safetensors/);
  });
});
