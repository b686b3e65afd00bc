import type { Measure, TaskResult } from "./evaluate.ts";
import type { GroupResult } from "./group_result.ts";
import { METRICS } from "./metrics.ts";

const HEADS = ["Version", "Filter", "n-shot", "Metric", "", "Value", "", "Stderr"];
/** Right-aligned columns, by index in a full row. */
const RIGHT = [1, 3, 6, 8];

/**
 * Formats results as lm-evaluation-harness prints them: a Markdown table of tasks, and one of
 * groups.
 */
export function resultTables(
  results: readonly TaskResult[],
  groups: readonly GroupResult[],
): string[] {
  const tree = arrange(results, groups);
  const tables = [table("Tasks", tree.flatMap(rowsOf))];
  if (groups.length > 0) {
    tables.push(table("Groups", tree.filter(({ isGroup }) => isGroup).flatMap(rowsOf)));
  }
  return tables;
}

interface Entry {
  readonly isGroup: boolean;
  readonly label: string;
  readonly version: number | string;
  readonly shots: number | undefined;
  readonly measures: readonly Measure[];
}

/** Lists groups with their members, indented by depth, then the tasks that are in no group. */
function arrange(results: readonly TaskResult[], groups: readonly GroupResult[]): Entry[] {
  const inner = new Set(groups.flatMap(({ group }) => group.members));
  const label = (depth: number, name: string) =>
    depth === 0 ? name : `${" ".repeat(depth)}- ${name}`;
  const ofTask = ({ measures, shots, task }: TaskResult, depth: number): Entry => ({
    isGroup: false,
    label: label(depth, task.alias ?? task.name),
    version: task.version,
    shots,
    measures,
  });
  const byLabel = (a: string, b: string) => (a < b ? -1 : Number(a > b));
  const ofGroup = ({ group, measures, shots }: GroupResult, depth: number): Entry[] => [
    {
      isGroup: true,
      label: label(depth, group.alias ?? group.name),
      version: group.version,
      shots,
      measures,
    },
    ...group.members.toSorted(byLabel).flatMap((member) => {
      const found = groups.find((each) => each.group.name === member);
      if (found) return ofGroup(found, depth + 1);
      return results.filter(({ task }) => task.name === member).map((each) =>
        ofTask(each, depth + 1)
      );
    }),
  ];
  return [
    ...groups.filter(({ group }) => !inner.has(group.name)).flatMap((each) => ofGroup(each, 0)),
    ...results.filter(({ task }) => !inner.has(task.name))
      .toSorted((a, b) => byLabel(a.task.name, b.task.name))
      .map((each) => ofTask(each, 0)),
  ];
}

function rowsOf({ label, measures, shots, version }: Entry): string[][] {
  const sorted = measures.toSorted((a, b) =>
    a.filter.localeCompare(b.filter, "en") || a.metric.localeCompare(b.metric, "en")
  );
  return sorted.map(({ filter, metric, standardError, value }, index) => [
    index === 0 ? label : "",
    index === 0 ? String(version) : "",
    filter,
    shots === undefined ? "" : String(shots),
    metric,
    METRICS[metric].higherIsBetter ? "↑" : "↓",
    value.toFixed(4),
    "±",
    standardError === undefined ? "N/A" : standardError.toFixed(4),
  ]);
}

function table(first: string, rows: readonly string[][]): string {
  const all = [[first, ...HEADS], ...rows];
  const widths = all[0].map((_, i) => Math.max(...all.map((row) => [...row[i]].length), 3));
  const line = (row: readonly string[], head: boolean) =>
    `|${
      row.map((cell, i) => {
        const gap = widths[i] - [...cell].length;
        if (!head) return RIGHT.includes(i) ? " ".repeat(gap) + cell : cell + " ".repeat(gap);
        const left = Math.floor(gap / 2);
        return " ".repeat(left) + cell + " ".repeat(gap - left);
      }).join("|")
    }|`;
  const rule = `|${
    widths.map((width, i) => RIGHT.includes(i) ? `${"-".repeat(width - 1)}:` : "-".repeat(width))
      .join("|")
  }|`;
  return [line(all[0], true), rule, ...all.slice(1).map((row) => line(row, false))].join("\n");
}
