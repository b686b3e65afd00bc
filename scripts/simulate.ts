/**
 * Simulates swarms: `--seed S` one, `--seeds A..B` many; `--scenario FILE` fixes what happens, `--trace` prints
 * every event. Prints one line a seed; for one that fails, the line that repeats it.
 */
import { parseArgs } from "node:util";
import { openBenchEngine } from "./bench/bench_engine.ts";
import { openLlamaModel } from "./simulate/llama_model.ts";
import { parseScenario } from "../lib/simulation/scenario.ts";
import { simulate } from "../lib/simulation/simulate.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    seed: { type: "string", default: "0" },
    seeds: { type: "string" },
    scenario: { type: "string" },
    engine: { type: "string", default: "quadratic" },
    trace: { type: "boolean", default: false },
  },
});
if (!["quadratic", "llama"].includes(values.engine)) {
  throw new RangeError(`Cannot simulate on engine ${values.engine}, want quadratic or llama`);
}
const [first, last = first] = (values.seeds ?? values.seed).split("..").map(Number);
if (last < first || first < 0 || !Number.isInteger(first) || !Number.isInteger(last)) {
  throw new RangeError(`Cannot simulate seeds ${values.seeds ?? values.seed}, want 7 or 1..50`);
}
const scenario = values.scenario && parseScenario(await Deno.readTextFile(values.scenario));
await using bench = values.engine === "llama" ? await openBenchEngine(1) : undefined;
const model = bench && await openLlamaModel(bench.engine);
const start = performance.now();
let [failed, windows] = [0, 0];
for (let seed = first; seed <= last; seed++) {
  const result = await simulate(seed, {
    ...(scenario ? { scenario } : {}),
    ...(model ? { model } : {}),
    ...(values.trace
      ? {
        trace: (timeMs, event) =>
          console.log(new Date(timeMs).toISOString(), JSON.stringify(event)),
      }
      : {}),
  });
  const { peers, validators, adversaries } = result.scenario;
  windows += result.windows;
  console.log(
    `seed ${seed}  ${peers} peers${
      adversaries.length > 0 ? ` (${adversaries.join(", ")})` : ""
    }, ${validators} validators, ${result.windows} windows  ${result.trace.slice(0, 8)}  ${
      result.violations.length === 0 ? "ok" : "FAILED"
    }`,
  );
  if (result.violations.length === 0) continue;
  failed++;
  for (const violation of result.violations.slice(0, 5)) console.log(`  ${violation}`);
  const options = [
    `--seed ${seed}`,
    ...(values.scenario ? [`--scenario ${values.scenario}`] : []),
    ...(model ? ["--engine llama"] : []),
  ];
  console.log(`  again: deno task simulate ${options.join(" ")} --trace`);
}
const minutes = (performance.now() - start) / 60_000;
console.log(
  `${last - first + 1} seeds, ${failed} failed, ${windows} windows, ${
    (windows / minutes).toFixed(0)
  } windows a minute`,
);
if (failed > 0) Deno.exitCode = 1;
