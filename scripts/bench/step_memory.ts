// Runs a few training steps in a separate process and prints its peak memory, bytes.
// Arguments: a StepCase as JSON, the shape of the step, threads.
import { openBenchEngine } from "./bench_engine.ts";
import { timedStep } from "./training_step.ts";

const [step, shape, threads] = Deno.args;
await using bench = await openBenchEngine(Number(threads));
const { seconds, trainer } = await timedStep(bench.engine, JSON.parse(step), shape as "whole");
for (let i = 0; i < 3; i++) await seconds();
// Not getrusage, which includes the parent's memory from before exec.
console.log(1024 * Number(Deno.readTextFileSync("/proc/self/status").match(/VmHWM:\s*(\d+)/)![1]));
await trainer.close();
