import { PHASES } from "../swarm/swarm_event.ts";
import { formatBytes, formatCount, formatSeconds } from "./format_quantity.ts";
import { escapeHtml, lineChart, page, table } from "./html_page.ts";
import { type RunSummary, total, trainLoss } from "./run_summary.ts";

/**
 * Renders a run as an HTML page without scripts or external files: loss, bytes, time by phase, one row per
 * peer.
 */
export function reportHtml(summary: RunSummary): string {
  const { started, windows } = summary;
  const title = `covey run ${started?.run.slice(0, 8) ?? ""}`;
  const body = `<h2>Loss, nats per token</h2>
${
    lineChart([
      { name: "training", colour: "var(--b)", values: windows.map(trainLoss) },
      {
        name: "held out",
        colour: "var(--a)",
        values: windows.map(({ heldOutLoss }) => heldOutLoss),
      },
    ])
  }
<h2>Bytes sent by a peer in a window</h2>
${
    lineChart([{
      name: "bytes",
      colour: "var(--a)",
      values: windows.map(({ peerBytes }) =>
        [...peerBytes.values()].reduce((sum, bytes) => sum + bytes, 0) / Math.max(1, peerBytes.size)
      ),
    }], 0)
  }
<h2>Time by phase, all peers and windows</h2>
${phaseTable(summary)}
<h2>Peers</h2>
${peerTable(summary)}
${
    summary.finished
      ? `<h2>A sample</h2><pre style="white-space:pre-wrap">${
        escapeHtml(summary.finished.sample)
      }</pre>`
      : ""
  }
`;
  return page(title, overview(summary), body);
}

function overview(summary: RunSummary): string {
  const { started, windows } = summary;
  const [bytes, denseBytes, tokens, values] = (["bytes", "denseBytes", "tokens", "values"] as const)
    .map((key) => total(summary, key));
  const ratio = bytes > 0
    ? `${(denseBytes / bytes).toFixed(0)} times smaller than dense f32`
    : "nothing sent yet";
  return [
    `${formatCount(started?.parameters ?? 0)} parameters, ${
      started?.peers ?? 0
    } peers, ${windows.length} windows on ${started?.device ?? "?"}`,
    `${formatCount(tokens)} tokens trained on`,
    `${formatBytes(bytes)} sent (${ratio}, ${
      ((bytes * 8) / Math.max(1, values)).toFixed(2)
    } bits per value)`,
  ].join("; ");
}

function phaseTable({ windows }: RunSummary): string {
  const rows = PHASES.map((phase) => {
    const seconds = windows.reduce((sum, each) => sum + (each.seconds.get(phase) ?? 0), 0);
    return [phase, formatSeconds(seconds), formatSeconds(seconds / Math.max(1, windows.length))];
  });
  return table(["phase", "total", "per window"], rows);
}

function peerTable({ windows }: RunSummary): string {
  const uids = [...new Set(windows.flatMap(({ peerLoss }) => [...peerLoss.keys()]))].sort((a, b) =>
    a - b
  );
  const rows = uids.map((uid) => {
    const losses = windows.flatMap(({ peerLoss }) => peerLoss.get(uid) ?? []);
    const last = losses.at(-1);
    const bytes = windows.reduce((sum, { peerBytes }) => sum + (peerBytes.get(uid) ?? 0), 0);
    return [
      String(uid),
      last ? (last.sum / last.steps).toFixed(3) : "-",
      String(losses.reduce((sum, { steps }) => sum + steps, 0)),
      formatBytes(bytes),
      `${windows.filter(({ accepted }) => accepted.includes(uid)).length}/${windows.length}`,
      percent(windows.at(-1)?.scores.find(({ peer }) => peer === uid)?.weight),
      `<code>${windows.at(-1)?.digests.get(uid)?.slice(0, 16) ?? "-"}</code>`,
    ];
  });
  return table(
    ["peer", "last training loss", "inner steps", "sent", "accepted", "weight", "last state"],
    rows,
  );
}

function percent(part: number | undefined): string {
  return part === undefined ? "-" : `${(100 * part).toFixed(1)} %`;
}
