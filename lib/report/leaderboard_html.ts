import type { WindowRecord } from "../swarm/statement/window_record.ts";
import { escapeHtml, lineChart, page, table } from "./html_page.ts";
import { leaderboardRows } from "./leaderboard.ts";

/**
 * Renders a run's scores as an HTML page without scripts or external files: the last window, and each peer's
 * history.
 */
export function leaderboardHtml(run: string, records: readonly WindowRecord[]): string {
  const title = `covey run ${run.slice(0, 8)}, scores`;
  const last = records.at(-1);
  const parts = last ? [standings(records, last), ...histories(records, last)] : [];
  return page(title, `${records.length} windows scored`, parts.join("\n"));
}

function standings(records: readonly WindowRecord[], last: WindowRecord): string {
  const [head, ...rows] = leaderboardRows(records);
  const cells = rows.map(([peer, ...rest]) => [
    `<a href="#peer-${escapeHtml(peer)}">${escapeHtml(peer)}</a>`,
    ...rest.map(escapeHtml),
  ]);
  return `<h2>Window ${last.observation.window + 1}</h2>${table(head, cells)}`;
}

function histories(records: readonly WindowRecord[], last: WindowRecord): string[] {
  return last.scores.map(({ uid }) => {
    const scores = records.map(({ scores }) => scores.find((score) => score.uid === uid));
    const events = records.flatMap(({ observation: { peers, window }, scores }) => {
      const refused = peers.find((peer) => peer.uid === uid)?.refused;
      const penalties = scores.find((score) => score.uid === uid)?.penalties ?? [];
      return [
        ...(refused ? [[String(window + 1), `refused: ${refused.reason}`, refused.detail]] : []),
        ...penalties.map(({ detail, rule }) => [String(window + 1), rule, detail]),
      ];
    });
    return [
      `<h2 id="peer-${uid}">Peer ${uid}</h2>`,
      lineChart([
        { name: "score", colour: "var(--a)", values: scores.map((score) => score?.score) },
        {
          name: "own data, deviations",
          colour: "var(--b)",
          values: scores.map((score) => score?.evidence),
        },
      ]),
      ...(events.length > 0
        ? [table(["window", "what", "why"], events.map((row) => row.map(escapeHtml)))]
        : []),
    ].join("\n");
  });
}
