/**
 * Simulates swarms: one with `--seed S`, several with `--seeds A..B`; `--scenario FILE` fixes the scenario,
 * `--trace` prints every event. Prints one line per seed and, if it fails, the command that reproduces it.
 */
import { parseArgs } from "node:util";
import { openBenchEngine } from "./bench/bench_engine.ts";
import { openLlamaModel } from "./simulate/llama_model.ts";
import { parseScenario } from "../lib/simulation/scenario.ts";
import { simulate } from "../lib/simulation/simulate.ts";

const HELP =
  `Usage: deno task simulate [--seed S | --seeds A..B] [--scenario FILE] [--engine NAME] [--trace]

  --seed S         one simulation (default: 0)
  --seeds A..B     several simulations in sequence
  --scenario FILE  scenario as JSON: peers, adversaries, validators, windows, quietWindows, faults
                   {crash, freeze, store, chain, partition, missedBlock, reorganisation, diskLoss, lateJoin},
                   each 0 to 1
                   (default: generated from the seed)
  --engine NAME    quadratic or llama (default: quadratic)
  --trace          print every event`;

const OPTIONS = {
  seed: { type: "string" },
  seeds: { type: "string" },
  scenario: { type: "string" },
  engine: { type: "string", default: "quadratic" },
  trace: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

/** Parses the arguments. */
function parse() {
  const { values } = parseArgs({ args: Deno.args, options: OPTIONS });
  if (!["quadratic", "llama"].includes(values.engine)) {
    throw new RangeError(`Cannot simulate on engine ${values.engine}, want quadratic or llama`);
  }
  if (values.seed !== undefined && values.seeds !== undefined) {
    throw new RangeError("Cannot simulate --seed and --seeds together, want one of them");
  }
  const range = values.seeds ?? values.seed ?? "0";
  const [, first, last = first] = /^(\d{1,15})(?:\.\.(\d{1,15}))?$/.exec(range) ?? [];
  if (first === undefined || Number(last) < Number(first)) {
    throw new RangeError(`Cannot simulate seeds ${range}, want 7 or 1..50`);
  }
  const scenario = values.scenario === undefined
    ? undefined
    : parseScenario(Deno.readTextFileSync(values.scenario));
  return {
    ...values,
    first: Number(first),
    last: Number(last),
    path: values.scenario,
    scenario,
  };
}

/** Runs the seeds; reports whether all passed. */
async function run(
  { engine, first, last, path, scenario, trace }: ReturnType<typeof parse>,
): Promise<boolean> {
  await using bench = engine === "llama" ? await openBenchEngine(1) : undefined;
  const model = bench && await openLlamaModel(bench.engine);
  const start = performance.now();
  let [failed, windows] = [0, 0];
  for (let seed = first; seed <= last; seed++) {
    const result = await simulate(seed, {
      ...(scenario ? { scenario } : {}),
      ...(model ? { model } : {}),
      ...(trace
        ? {
          trace: (timeMs, event) =>
            console.log(new Date(timeMs).toISOString(), JSON.stringify(event)),
        }
        : {}),
    });
    const { adversaries, peers, validators } = result.scenario;
    windows += result.windows;
    const kinds = adversaries.length > 0 ? ` (${adversaries.join(", ")})` : "";
    const well = result.violations.length === 0;
    console.log(
      `seed ${seed}  ${peers} peers${kinds}, ${validators} validators, ${result.windows} windows  ${
        result.trace.slice(0, 8)
      }  ${well ? "ok" : "FAILED"}`,
    );
    if (well) continue;
    failed++;
    for (const violation of result.violations.slice(0, 5)) console.log(`  ${violation}`);
    const options = [
      `--seed ${seed}`,
      ...(path === undefined ? [] : [`--scenario ${path}`]),
      ...(model ? ["--engine llama"] : []),
    ];
    console.log(`  reproduce: deno task simulate ${options.join(" ")} --trace`);
  }
  const minutes = (performance.now() - start) / 60_000;
  console.log(
    `${last - first + 1} seeds, ${failed} failed, ${windows} windows, ${
      (windows / minutes).toFixed(0)
    } windows per minute`,
  );
  return failed === 0;
}

try {
  const options = parse();
  if (options.help) console.log(HELP);
  else if (!await run(options)) Deno.exitCode = 1;
} catch (cause) {
  console.error(
    `error: ${(cause as Error).message.split("\n")[0]}\nhint: --help lists the options`,
  );
  Deno.exitCode = 2;
}
