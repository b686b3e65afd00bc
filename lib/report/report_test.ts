import { join } from "node:path";
import { swarmEvents } from "../../testing/swarm_events.ts";
import { plotLines, sparkline } from "./loss_plot.ts";
import { withDirectory } from "../../testing/with_directory.ts";
import { WINDOW_RECORD, type WindowRecord } from "../swarm/statement/window_record.ts";
import { formatBytes, formatCount, formatSeconds } from "./format_quantity.ts";
import { runTestSwarm } from "../../testing/swarm_run.ts";
import { reportHtml } from "./report_html.ts";
import { ADVERSARIES } from "../adversary/adversaries.ts";
import { leaderboard } from "./leaderboard.ts";
import { emptySummary, summarize } from "./run_summary.ts";
import { leaderboardHtml } from "./leaderboard_html.ts";
import assert from "node:assert/strict";

Deno.test("reportHtml renders one page without external references, and escapes text", () => {
  const summary = emptySummary();
  for (const event of swarmEvents()) summarize(summary, event);
  const sample = "<script>alert(1)</script>";
  summarize(summary, { event: "finished", windows: 2, digest: "cd".repeat(32), sample });
  const page = reportHtml(summary);
  assert.ok(page.startsWith("<!doctype html>"));
  assert.ok(!/<script|https?:|src=|@import/.test(page));
  assert.match(page, /200 times smaller than dense f32/);
  assert.equal(page.match(/<td>2\/2<\/td>/g)?.length, 2);
});

Deno.test("reportHtml accepts a run without events", () => {
  assert.match(reportHtml(emptySummary()), /No data/);
});

Deno.test("quantities are formatted briefly, with their units", () => {
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

Deno.test("leaderboardHtml shows the last window's standings and each peer's history, escaped", async () => {
  await withDirectory(async (directory) => {
    await runTestSwarm(directory, 3, { adversaries: [ADVERSARIES.oversized.create()] });
    const records = await Promise.all([0, 1, 2].map((window) => recordOf(directory, window)));
    const page = leaderboardHtml("ab".repeat(32), records);
    assert.match(page, /covey run abababab, scores/);
    assert.match(page, /<h2>Window 3<\/h2>/);
    for (const uid of [0, 1, 2]) assert.ok(page.includes(`<h2 id="peer-${uid}">`));
    assert.match(page, /refused: oversized/);
    const hostile = structuredClone(records) as unknown as { scores: { penalties: unknown[] }[] }[];
    hostile[2].scores[0].penalties.push({ rule: "<script>", detail: "<img src=x>" });
    const escaped = leaderboardHtml("ab".repeat(32), hostile as unknown as WindowRecord[]);
    assert.ok(!/<script>|<img/.test(escaped));
    const lines = leaderboard(records);
    assert.equal(lines.length, 4);
    assert.match(lines.join("\n"), /oversized/);
  });
});

async function recordOf(directory: string, window: number): Promise<WindowRecord> {
  const path = join(directory, "buckets/3", WINDOW_RECORD.key(window, 3));
  return JSON.parse(await Deno.readTextFile(path)).content;
}
