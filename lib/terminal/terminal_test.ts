import assert from "node:assert/strict";
import type { SwarmEvent } from "../swarm/swarm_event.ts";
import { formatBytes, formatCount, formatSeconds } from "./format_quantity.ts";
import { plotLines, sparkline } from "./loss_plot.ts";
import { nearest } from "./nearest.ts";
import { reportHtml } from "./report_html.ts";
import { RunProgress } from "./run_progress.ts";
import { total, trainLoss } from "./run_summary.ts";
import type { Terminal } from "./terminal.ts";

/** Events of two windows of two peers. */
function events(windows = 2): SwarmEvent[] {
  const list: SwarmEvent[] = [{
    event: "started",
    run: "ab".repeat(32),
    peers: 2,
    windows,
    parameters: 828544,
    trainTokens: 1000,
    unigramEntropy: 3.3,
    device: "cpu",
    stepShape: "whole",
  }];
  for (let window = 0; window < windows; window++) {
    for (const uid of [0, 1]) {
      list.push(
        { event: "phase", window, uid, phase: "train" },
        {
          event: "step",
          window,
          uid,
          step: 0,
          loss: 4 - window,
          gradientNorm: 1,
          learningRate: 1e-3,
          tokens: 100,
        },
        { event: "phase-ended", window, uid, phase: "train", seconds: 2 },
        {
          event: "submitted",
          window,
          uid,
          bytes: 1000,
          values: 900,
          denseBytes: 200_000,
          sampleDigest: "",
        },
        { event: "verdict", window, uid: 2, accepted: [0, 1], excluded: [] },
        { event: "digest", window, uid, digest: "cd".repeat(32) },
        { event: "agreement", window, uid, agree: [0, 1], disagree: [], silent: [] },
      );
    }
    list.push({ event: "held-out-loss", window, loss: 3.5 - window });
  }
  return list;
}

function recorder(live: boolean): { terminal: Terminal; text: () => string } {
  let text = "";
  const write = (part: string) => text += part;
  return {
    terminal: { out: write, error: write, live, columns: 60 },
    text: () => text,
  };
}

Deno.test("RunProgress writes one plain line a window where nothing can be redrawn", () => {
  const { terminal, text } = recorder(false);
  const progress = new RunProgress(terminal, false, () => 0);
  for (const event of events()) progress.take(event);
  assert.equal(
    text(),
    [
      "run abababab: 2 peers and a validator train 829k parameters for 2 windows on cpu",
      "window 1/2  train loss 4.000  held-out 3.500  each peer sent 1.00 kB to its bucket  accepted 2/2  state cdcdcdcd (2/2 nodes agree)",
      "window 2/2  train loss 3.000  held-out 2.500  each peer sent 1.00 kB to its bucket  accepted 2/2  state cdcdcdcd (2/2 nodes agree)",
      "",
    ].join("\n"),
  );
});

Deno.test("RunProgress redraws within the columns of a screen, and clears up", () => {
  const { terminal, text } = recorder(true);
  let seconds = 0;
  const progress = new RunProgress(terminal, false, () => seconds += 0.2);
  for (const event of events()) progress.take(event);
  progress.clear();
  // deno-lint-ignore no-control-regex
  const lines = text().replace(/\x1b\[\d*[AJ]/g, "").split("\n");
  assert.ok(lines.some((line) => line.startsWith("window 2/2  peer 1 train 1  loss 3.000")));
  assert.ok(
    lines.some((line) => line.startsWith("held-out loss ▁ 3.500  each peer sends 1.00 kB")),
  );
  assert.ok(lines.every((line) => line.length < 140));
  assert.ok(text().endsWith("\x1b[J"));
});

Deno.test("RunProgress writes a line every ten seconds while a window lasts, with the time that is left", () => {
  const { terminal, text } = recorder(false);
  let seconds = 0;
  const work = { innerSteps: 20, evaluatedSamples: 100 };
  const progress = new RunProgress(terminal, false, () => seconds, work);
  const lines = () => text().split("\n").slice(0, -1);
  const pass = (count: number, event: () => void) => {
    for (let i = 0; i < count; i++) {
      seconds++;
      event();
    }
  };
  // Nothing happens at all, as while a device is chosen.
  pass(21, () => progress.beat());
  assert.deepEqual(lines(), ["preparing  10.0 s", "preparing  20.0 s"]);
  const [started, phase, step] = events();
  progress.take(started);
  progress.take(phase);
  let at = 0;
  pass(12, () => progress.take({ ...step, step: at++ } as SwarmEvent));
  assert.match(lines().at(-1)!, /^window 1\/2 {2}peer 0 train 10\/20, 10.0 s left {2}loss 4.000/);
  // A peer tells that it saves while the validator evaluates: the evaluation is what takes the time.
  progress.take({ event: "phase", window: 0, uid: 2, phase: "evaluate" });
  progress.take({ event: "phase", window: 0, uid: 1, phase: "save" });
  pass(15, () => progress.advance(5));
  assert.match(lines().at(-1)!, /^window 1\/2 {2}validator 2 evaluate 40\/100, 12.0 s left/);
  for (const event of events().slice(3, 16)) progress.take(event);
  progress.stage("measuring the held-out loss", 30);
  pass(11, () => progress.advance(1));
  assert.match(lines().at(-1)!, /measuring the held-out loss \d+\/30, .* left/);
  progress.take({ event: "held-out-loss", window: 0, loss: 3 });
  progress.take({ event: "phase", window: 1, uid: 0, phase: "train" });
  pass(11, () => progress.beat());
  assert.match(lines().at(-1)!, /^window 2\/2 {2}peer 0 train .*about .* left in all$/);
});

Deno.test("RunProgress is silent when it is told to be", () => {
  const { terminal, text } = recorder(true);
  const progress = new RunProgress(terminal, true, () => 0);
  for (const event of events()) progress.take(event);
  assert.equal(text(), "");
});

Deno.test("a summary forgets the windows that a resumed run does again", () => {
  const { terminal } = recorder(false);
  const progress = new RunProgress(terminal, true, () => 0);
  for (const event of events()) progress.recall(event);
  progress.recall({ event: "resumed", window: 1 });
  assert.equal(progress.summary.windows.length, 1);
  for (const event of events().filter((each) => "window" in each && each.window === 1)) {
    progress.recall(event);
  }
  assert.equal(progress.summary.windows.length, 2);
  assert.equal(total(progress.summary, "bytes"), 4000);
  assert.equal(total(progress.summary, "tokens"), 400);
  assert.equal(trainLoss(progress.summary.windows[1]), 3);
});

Deno.test("reportHtml is one page without outside references, and escapes what it shows", () => {
  const progress = new RunProgress(recorder(false).terminal, true, () => 0);
  for (const event of events()) progress.take(event);
  progress.take({
    event: "finished",
    windows: 2,
    digest: "cd".repeat(32),
    sample: "<script>alert(1)</script>",
  });
  const page = reportHtml(progress.summary);
  assert.ok(page.startsWith("<!doctype html>"));
  assert.ok(!/<script|https?:|src=|@import/.test(page));
  assert.match(page, /200 times smaller than dense f32/);
  assert.equal(page.match(/<td>2\/2<\/td>/g)?.length, 2);
});

Deno.test("reportHtml takes a run of which nothing is known", () => {
  const progress = new RunProgress(recorder(false).terminal, true, () => 0);
  assert.match(reportHtml(progress.summary), /No data/);
});

Deno.test("quantities are short and carry their units", () => {
  assert.deepEqual([0, 999, 1000, 15721, 3.3e9].map(formatBytes), [
    "0 B",
    "999 B",
    "1.00 kB",
    "15.7 kB",
    "3.30 GB",
  ]);
  assert.deepEqual([12, 828544, 72.7e9].map(formatCount), ["12", "829k", "72.7B"]);
  assert.deepEqual([3.21, 245, 7800].map(formatSeconds), ["3.2 s", "4 min 05 s", "2 h 10 min"]);
});

Deno.test("sparkline and plotLines draw from high to low", () => {
  assert.equal(sparkline([3, 2, 1]), "█▅▁");
  assert.equal(sparkline([1, 1]), "▁▁");
  assert.equal(sparkline([]), "");
  const lines = plotLines([5, 4, 3, 2], 4, 40);
  assert.equal(lines.length, 4);
  assert.match(lines[0], /^ {2}5\.00 ┤•/);
  assert.match(lines[3], /2\.00 ┤ +•+$/);
  assert.deepEqual(plotLines([], 4, 40), []);
});

Deno.test("nearest finds a typing error and nothing far away", () => {
  assert.equal(nearest("--per", ["--peers", "--windows"]), "--peers");
  assert.equal(nearest("trian", ["train"]), "train");
  assert.equal(nearest("xyzzy", ["train"]), undefined);
});
