import type { PeerObservation } from "../gauntlet/observation.ts";
import type { PeerScore } from "../gauntlet/peer_score.ts";
import type { WindowRecord } from "../swarm/statement/window_record.ts";

/** Row of one peer. */
interface Standing {
  /** Score of the peer. */
  readonly score: PeerScore;
  /** Observation of the peer. */
  readonly seen: PeerObservation;
  /** Number of windows so far in which its submission was aggregated. */
  readonly acceptedWindows: number;
}

const COLUMNS: readonly [head: string, cell: (standing: Standing) => string][] = [
  ["peer", ({ score }) => String(score.uid)],
  ["weight", ({ score }) => `${(100 * score.weight).toFixed(1)} %`],
  ["score", ({ score }) => score.score.toFixed(3)],
  ["ordinal", ({ score }) => score.ordinal.toFixed(2)],
  ["average", ({ score }) => score.average.toFixed(3)],
  ["sync", ({ score }) => score.sync.toFixed(2)],
  ["gain", ({ score: { gain } }) => gain === undefined ? "-" : `${(100 * gain).toFixed(2)} %`],
  ["own data", ({ score: { evidence } }) => evidence === undefined ? "-" : evidence.toFixed(1)],
  ["accepted", ({ acceptedWindows }) => String(acceptedWindows)],
  [
    "penalties",
    ({ score, seen: { refused } }) =>
      [...(refused ? [refused.reason] : []), ...score.penalties.map(({ rule }) => rule)].join(
        " ",
      ) ||
      "-",
  ],
];

/** Peers of the last of some windows as rows of a table, best first; the first row has the heads. */
export function leaderboardRows(records: readonly WindowRecord[]): string[][] {
  return [
    COLUMNS.map(([head]) => head),
    ...standings(records).map((standing) => COLUMNS.map(([, cell]) => cell(standing))),
  ];
}

/** The same as lines of text. */
export function leaderboard(records: readonly WindowRecord[]): string[] {
  const rows = leaderboardRows(records);
  const last = COLUMNS.length - 1;
  const widths = COLUMNS.map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  return rows.map((row) =>
    row.map((cell, i) => (i === last ? cell : cell.padStart(widths[i]))).join("  ").trimEnd()
  );
}

function standings(records: readonly WindowRecord[]): Standing[] {
  const { observation, scores } = records.at(-1)!;
  return scores.map((score) => ({
    score,
    seen: observation.peers.find(({ uid }) => uid === score.uid)!,
    acceptedWindows: acceptedWindows(records, score.uid),
  })).sort((a, b) =>
    b.score.weight - a.score.weight || b.score.score - a.score.score ||
    a.score.uid - b.score.uid
  );
}

/** Number of windows in which a peer's submission was aggregated. */
function acceptedWindows(records: readonly WindowRecord[], uid: number): number {
  return records.filter(({ observation }) =>
    observation.peers.some((peer) => peer.accepted && peer.uid === uid)
  ).length;
}
