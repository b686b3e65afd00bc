import assert from "node:assert/strict";
import { leavesOf, selectTasks, UnknownTaskError } from "./select_tasks.ts";
import { GROUPS, SUITES, TASKS } from "./tasks.ts";

const CATALOG = { tasks: TASKS, groups: GROUPS, unusable: new Map() };
const names = (list: readonly { name: string }[]) => list.map(({ name }) => name);

Deno.test("selectTasks takes tasks, groups and patterns, each task once and in order", () => {
  const { groups, tasks } = selectTasks(["piqa", "ai2_arc", "piqa", "arc_*"], CATALOG);
  assert.deepEqual(names(tasks), ["piqa", "arc_challenge", "arc_easy"]);
  assert.deepEqual(names(groups.filter(({ aggregate }) => aggregate)), [], "a tag has no score");
  const mmlu = selectTasks(["mmlu"], CATALOG);
  assert.equal(mmlu.tasks.length, 57);
  assert.equal(names(mmlu.groups)[0], "mmlu");
  assert.equal(leavesOf(mmlu.groups[0], mmlu.groups).length, 57);
  assert.equal(selectTasks(["mmlu_*"], CATALOG).groups.length, 4);
});

Deno.test("selectTasks reports unknown names, and why known ones cannot be used", () => {
  assert.throws(() => selectTasks(["arc_esy"], CATALOG), UnknownTaskError);
  assert.throws(() => selectTasks(["x*"], CATALOG), UnknownTaskError);
  const why = new Error("it runs functions");
  const found = selectTasks(["own", "piqa"], { ...CATALOG, unusable: new Map([["own", why]]) });
  assert.deepEqual([found.unusable.get("own"), names(found.tasks)], [why, ["piqa"]]);
});

Deno.test("task names are unique, and suites and groups name existing tasks", () => {
  const all = [...names(TASKS), ...names(GROUPS)];
  assert.equal(new Set(all).size, all.length);
  for (const suite of Object.values(SUITES)) assert.ok(suite.every((name) => all.includes(name)));
  for (const { members } of GROUPS) assert.ok(members.every((name) => all.includes(name)));
});

Deno.test("groups that contain each other or overlap are visited once", () => {
  const group = (name: string, members: string[]) => ({
    name,
    version: 1,
    members,
    aggregate: true,
  });
  const groups = [group("a", ["b", "piqa"]), group("b", ["a"])];
  for (let level = 0; level < 40; level++) {
    const next = level === 39 ? ["sciq"] : [`x${level + 1}`, `y${level + 1}`];
    groups.push(group(`x${level}`, next), group(`y${level}`, next));
  }
  const found = selectTasks(["a", "x0"], { ...CATALOG, groups });
  assert.deepEqual(names(found.tasks), ["piqa", "sciq"]);
  assert.deepEqual(leavesOf(groups[0], groups), ["piqa"]);
  assert.deepEqual(leavesOf(groups[2], groups), ["sciq"]);
  assert.throws(() => selectTasks(["[z-a]*"], CATALOG), UnknownTaskError);
});
