import { formatCount } from "./format_quantity.ts";

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

/** Renders a complete page around a body, which must already be HTML. */
export function page(title: string, subtitle: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(subtitle)}</p>
${body}
</body></html>
`;
}

/** One line of a chart. */
export interface Series {
  readonly name: string;
  readonly colour: string;
  readonly values: readonly (number | undefined)[];
}

/** Renders a chart of series over windows; its lowest value is `floor` if given. */
export function lineChart(series: readonly Series[], floor?: number): string {
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

/** Renders a table, whose cells must already be HTML. */
export function table(head: string[], rows: string[][]): string {
  const row = (cells: string[], tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${cell}</${tag}>`).join("")}</tr>`;
  return `<table>${row(head, "th")}${rows.map((cells) => row(cells, "td")).join("")}</table>`;
}

/** Escapes text for HTML. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
