import { PHASES } from "../swarm/swarm_event.ts";
import { formatBytes, formatCount, formatSeconds } from "./format_quantity.ts";
import { type RunSummary, total, trainLoss } from "./run_summary.ts";

const STYLE = `
  :root { color-scheme: light dark; --ink: #1c2733; --soft: #67737f; --line: #d7dde3; --a: #2563a8; --b: #c2571a; }
  @media (prefers-color-scheme: dark) { :root { --ink: #e5eaef; --soft: #94a1ad; --line: #36424e; --a: #6aa9ea; --b: #eb9a63; } }
  body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
  h1 { font-size: 1.3rem; } h2 { font-size: 1rem; margin-top: 2rem; }
  p, figcaption, th { color: var(--soft); } figure { margin: 0; } svg { width: 100%; height: auto; }
  text { fill: var(--soft); font-size: 11px; } .grid { stroke: var(--line); }
  table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
  th, td { text-align: right; padding: .25rem .6rem; border-bottom: 1px solid var(--line); font-weight: normal; }
  th:first-child, td:first-child { text-align: left; } code { font-size: 12px; }`;

const WIDTH = 720;
const HEIGHT = 220;
const MARGIN = { left: 46, right: 12, top: 10, bottom: 24 };

/** A run as one HTML page without scripts or outside files: loss, bytes, time by phase, one row a peer. */
export function reportHtml(summary: RunSummary): string {
  const { started, windows } = summary;
  const title = `covey run ${started?.run.slice(0, 8) ?? ""}`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escape(title)}</title><style>${STYLE}</style></head><body>
<h1>${escape(title)}</h1>
<p>${escape(overview(summary))}</p>
<h2>Loss, nats a token</h2>
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
        escape(summary.finished.sample)
      }</pre>`
      : ""
  }
</body></html>
`;
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
    } bits a value)`,
  ].join("; ");
}

interface Series {
  readonly name: string;
  readonly colour: string;
  readonly values: readonly (number | undefined)[];
}

/** A chart of series over windows; its lowest value is `floor` where that is given. */
function lineChart(series: readonly Series[], floor?: number): string {
  const known = series.flatMap(({ values }) => values.filter((value) => value !== undefined));
  if (known.length === 0) return "<p>No data.</p>";
  const low = floor ?? known.reduce((least, value) => Math.min(least, value));
  const high = known.reduce((most, value) => Math.max(most, value));
  const count = Math.max(...series.map(({ values }) => values.length));
  const x = (index: number) =>
    MARGIN.left + ((WIDTH - MARGIN.left - MARGIN.right) * index) / Math.max(1, count - 1);
  const y = (value: number) =>
    MARGIN.top + ((HEIGHT - MARGIN.top - MARGIN.bottom) * (high - value)) / (high - low || 1);
  const ticks = [0, 0.5, 1].map((part) => {
    const value = low + (high - low) * part;
    const label = value >= 1000 ? formatCount(value) : value.toFixed(2);
    return `<line class="grid" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${
      y(value)
    }" y2="${y(value)}"/><text x="${MARGIN.left - 6}" y="${
      y(value) + 4
    }" text-anchor="end">${label}</text>`;
  });
  const lines = series.map(({ colour, values }) => {
    const points = values.flatMap((value, index) =>
      value === undefined ? [] : [`${x(index).toFixed(1)},${y(value).toFixed(1)}`]
    );
    return `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${
      points.join(" ")
    }"/>`;
  });
  const names = series.map(({ colour, name }) => `<span style="color:${colour}">${name}</span>`);
  return `<figure><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">${ticks.join("")}${
    lines.join("")
  }
<text x="${MARGIN.left}" y="${HEIGHT - 6}">window 1</text><text x="${WIDTH - MARGIN.right}" y="${
    HEIGHT - 6
  }" text-anchor="end">window ${count}</text></svg>
<figcaption>${names.join(" · ")}</figcaption></figure>`;
}

function phaseTable({ windows }: RunSummary): string {
  const rows = PHASES.map((phase) => {
    const seconds = windows.reduce((sum, each) => sum + (each.seconds.get(phase) ?? 0), 0);
    return [phase, formatSeconds(seconds), formatSeconds(seconds / Math.max(1, windows.length))];
  });
  return table(["phase", "total", "a window"], rows);
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
      `<code>${windows.at(-1)?.digests.get(uid)?.slice(0, 16) ?? "-"}</code>`,
    ];
  });
  return table(
    ["peer", "last training loss", "inner steps", "sent", "accepted", "last state"],
    rows,
  );
}

/** Cells are HTML already. */
function table(head: string[], rows: string[][]): string {
  const row = (cells: string[], tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${cell}</${tag}>`).join("")}</tr>`;
  return `<table>${row(head, "th")}${rows.map((cells) => row(cells, "td")).join("")}</table>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
