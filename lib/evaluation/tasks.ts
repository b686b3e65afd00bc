import type { Task, TaskGroup } from "./task.ts";
import { arcChallenge, arcEasy } from "./tasks/arc.ts";
import { boolq } from "./tasks/boolq.ts";
import { gsm8k } from "./tasks/gsm8k.ts";
import { hellaswag } from "./tasks/hellaswag.ts";
import { lambadaOpenai } from "./tasks/lambada.ts";
import { mmluGroups, mmluSubjects } from "./tasks/mmlu.ts";
import { openbookqa } from "./tasks/openbookqa.ts";
import { piqa } from "./tasks/piqa.ts";
import { sciq } from "./tasks/sciq.ts";
import { wikitext } from "./tasks/wikitext.ts";
import { winogrande } from "./tasks/winogrande.ts";

/** Built-in tasks. */
export const TASKS: readonly Task[] = [
  arcChallenge,
  arcEasy,
  boolq,
  gsm8k,
  hellaswag,
  lambadaOpenai,
  ...mmluSubjects,
  openbookqa,
  piqa,
  sciq,
  wikitext,
  winogrande,
];

/** Built-in groups of tasks. */
export const GROUPS: readonly TaskGroup[] = [
  ...mmluGroups,
  { name: "ai2_arc", version: 1, members: ["arc_challenge", "arc_easy"], aggregate: false },
];

/** Task suites by name, as papers report them for their models. */
export const SUITES: Readonly<Record<string, readonly string[]>> = {
  /** Table 1 of the Covenant-72B report, zero-shot. */
  covenant: [
    "arc_challenge",
    "arc_easy",
    "piqa",
    "openbookqa",
    "hellaswag",
    "winogrande",
    "mmlu",
  ],
};
