import assert from "node:assert/strict";
import type { SwarmEvent } from "../swarm/swarm_event.ts";
import { nearest } from "./nearest.ts";
import { RunProgress } from "./run_progress.ts";
import { total, trainLoss } from "../report/run_summary.ts";
import type { Terminal } from "./terminal.ts";
import { swarmEvents } from "../../testing/swarm_events.ts";

function recorder(live: boolean): { terminal: Terminal; text: () => string } {
  let text = "";
  const write = (part: string) => text += part;
  return {
    terminal: { out: write, error: write, live, columns: 60 },
    text: () => text,
  };
}

Deno.test("RunProgress writes one plain line per window where nothing can be redrawn", () => {
  const { terminal, text } = recorder(false);
  const progress = new RunProgress(terminal, false, () => 0);
  for (const event of swarmEvents()) progress.take(event);
  assert.equal(
    text(),
    [
      "run abababab: 2 peers and a validator train 829k parameters for 2 windows on cpu",
      "window 1/2  train loss 4.000  held-out 3.500  upload 1.00 kB/peer  accepted 2/2  state cdcdcdcd (2/2 nodes agree)",
      "window 2/2  train loss 3.000  held-out 2.500  upload 1.00 kB/peer  accepted 2/2  state cdcdcdcd (2/2 nodes agree)",
      "",
    ].join("\n"),
  );
});

Deno.test("RunProgress redraws within the columns of a screen, and clears it", () => {
  const { terminal, text } = recorder(true);
  let seconds = 0;
  const progress = new RunProgress(terminal, false, () => seconds += 0.2);
  for (const event of swarmEvents()) progress.take(event);
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

Deno.test("RunProgress writes a line every ten seconds during a window, with the time left", () => {
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
  // No events at all, as while a device is being chosen.
  pass(21, () => progress.beat());
  assert.deepEqual(lines(), ["preparing  10.0 s", "preparing  20.0 s"]);
  const [started, phase, step] = swarmEvents();
  progress.take(started);
  progress.take(phase);
  let at = 0;
  pass(12, () => progress.take({ ...step, step: at++ } as SwarmEvent));
  assert.match(lines().at(-1)!, /^window 1\/2 {2}peer 0 train 10\/20, 10.0 s left {2}loss 4.000/);
  // A peer reports saving while the validator evaluates: the evaluation is what takes time.
  progress.take({ event: "phase", window: 0, uid: 2, phase: "evaluate" });
  progress.take({ event: "phase", window: 0, uid: 1, phase: "save" });
  pass(15, () => progress.advance(5));
  assert.match(lines().at(-1)!, /^window 1\/2 {2}validator 2 evaluate 40\/100, 12.0 s left/);
  for (const event of swarmEvents().slice(3, 16)) progress.take(event);
  progress.stage("measuring the held-out loss", 30);
  pass(11, () => progress.advance(1));
  assert.match(lines().at(-1)!, /measuring the held-out loss \d+\/30, .* left/);
  progress.take({ event: "held-out-loss", window: 0, loss: 3 });
  progress.take({ event: "phase", window: 1, uid: 0, phase: "train" });
  pass(11, () => progress.beat());
  assert.match(lines().at(-1)!, /^window 2\/2 {2}peer 0 train .*about .* left in total$/);
});

Deno.test("RunProgress prints nothing in quiet mode", () => {
  const { terminal, text } = recorder(true);
  const progress = new RunProgress(terminal, true, () => 0);
  for (const event of swarmEvents()) progress.take(event);
  assert.equal(text(), "");
});

Deno.test("a summary drops the windows that a resumed run replays", () => {
  const { terminal } = recorder(false);
  const progress = new RunProgress(terminal, true, () => 0);
  for (const event of swarmEvents()) progress.recall(event);
  progress.recall({ event: "resumed", window: 1 });
  assert.equal(progress.summary.windows.length, 1);
  for (const event of swarmEvents().filter((each) => "window" in each && each.window === 1)) {
    progress.recall(event);
  }
  assert.equal(progress.summary.windows.length, 2);
  assert.equal(total(progress.summary, "bytes"), 4000);
  assert.equal(total(progress.summary, "tokens"), 400);
  assert.equal(trainLoss(progress.summary.windows[1]), 3);
});

Deno.test("nearest corrects a typo and ignores distant words", () => {
  assert.equal(nearest("--per", ["--peers", "--windows"]), "--peers");
  assert.equal(nearest("trian", ["train"]), "train");
  assert.equal(nearest("xyzzy", ["train"]), undefined);
});
