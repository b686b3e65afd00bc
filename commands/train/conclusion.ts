import { join } from "node:path";
import { formatBytes, formatCount, formatSeconds } from "../../lib/report/format_quantity.ts";
import { plotLines } from "../../lib/report/loss_plot.ts";
import { total } from "../../lib/report/run_summary.ts";
import type { RunProgress } from "../../lib/terminal/run_progress.ts";

/** Returns the final output of `covey train`: loss curve, compression, sample, paths. */
export function conclusion(progress: RunProgress, out: string, program: string): string {
  const { finished, started, windows } = progress.summary;
  const [bytes, denseBytes, tokens, values] = (["bytes", "denseBytes", "tokens", "values"] as const)
    .map((key) => total(progress.summary, key));
  const agreed = windows.filter((window) => window.agreed).length;
  const losses = windows.flatMap(({ heldOutLoss }) => heldOutLoss ?? []);
  const submissions = windows.reduce((sum, { peerBytes }) => sum + peerBytes.size, 0);
  const seconds = windows.reduce(
    (sum, each) => sum + [...each.seconds.values()].reduce((total, part) => total + part, 0),
    0,
  );
  // A single step has no previous step to be measured from.
  const rate = progress.tokensPerSecond || tokens / Math.max(seconds, 0.001);
  return [
    "",
    "held-out loss, nats per token",
    ...plotLines(losses, 8, 60),
    "",
    `loss         ${
      losses.at(-1)?.toFixed(3) ?? "-"
    } after ${windows.length} windows; unigram baseline ${started?.unigramEntropy.toFixed(3)}`,
    `trained on   ${formatCount(tokens)} tokens in ${formatSeconds(seconds)}, ${
      formatCount(rate)
    } tokens/s on ${started?.device}`,
    `sent         ${formatBytes(bytes / Math.max(1, submissions))} per peer and window, ${
      ((bytes * 8) / Math.max(1, values)).toFixed(2)
    } bits per value, ${(denseBytes / Math.max(1, bytes)).toFixed(0)} times smaller than dense f32`,
    `state        ${
      finished?.digest.slice(0, 16)
    }, the same on all ${started?.peers} peers in ${agreed} of ${windows.length} windows`,
    `weights      ${weights(windows.at(-1)?.scores ?? [])}`,
    "",
    "sample",
    ...printable(finished?.sample ?? "").split("\n").map((line) => `  ${line}`),
    "",
    `checkpoint   ${join(out, "checkpoint")}`,
    `report       ${join(out, "report.html")}`,
    `scores       ${program} validate ${out} --explain 0`,
    `events       ${join(out, "events.jsonl")}`,
    "",
  ].join("\n");
}

/** Formats the weights of the last window by peer. */
function weights(scores: readonly { peer: number; weight: number }[]): string {
  const shares = scores.map(({ peer, weight }) => `peer ${peer} ${(100 * weight).toFixed(1)} %`);
  return shares.join(", ") || "-";
}

/** Replaces control characters, which generated text may contain and a terminal would execute. */
function printable(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, "\ufffd");
}
