import { Graph } from "../graph/graph.ts";
import { matmul } from "../graph/operators/matmul.ts";
import { serializeGraph } from "../graph/serialize_graph.ts";
import type { DeviceName } from "./engine.ts";
import { EngineHost } from "./engine_host.ts";

/** Side of the square matrices of the trial product. */
const TRIAL_SIDE = 1024;

/**
 * Finds the device that multiplies matrices fastest. A measurement and not a list of preferences: a
 * software GPU driver answers like a real one, and is slower than the CPU that it runs on.
 *
 * @param candidates Devices to try; those that do not work are passed over.
 * @param nowMs Milliseconds that only grow.
 */
export async function chooseDevice(
  runtime: typeof import("onnxruntime-node"),
  candidates: readonly DeviceName[],
  threads: number,
  nowMs: () => number,
): Promise<DeviceName> {
  if (candidates.length === 1) return candidates[0];
  let best: DeviceName = "cpu";
  let bestMs = Infinity;
  for (const device of candidates) {
    const elapsedMs = await trialMs(new EngineHost(runtime, device, threads), nowMs)
      .catch(() => Infinity);
    if (elapsedMs < bestMs) [best, bestMs] = [device, elapsedMs];
  }
  return best;
}

async function trialMs(host: EngineHost, nowMs: () => number): Promise<number> {
  const dims = [TRIAL_SIDE, TRIAL_SIDE];
  const graph = new Graph("trial");
  const x = graph.input("x", "float32", dims);
  graph.output("y", matmul(x, x));
  try {
    const session = await host.load(serializeGraph(graph), ["y"]);
    const data = new Float32Array(TRIAL_SIDE * TRIAL_SIDE).fill(1 / TRIAL_SIDE);
    const tensor = await host.upload({ type: "float32", dims, data });
    await host.run(session, { x: tensor }, { y: tensor }); // the first run compiles
    const startMs = nowMs();
    await host.run(session, { x: tensor }, { y: tensor });
    await host.download(tensor); // waits for the device
    return nowMs() - startMs;
  } finally {
    await host.close();
  }
}
