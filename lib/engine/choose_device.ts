import { EngineHost } from "./engine_host.ts";
import { productRate } from "./product_rate.ts";
import type { DeviceName } from "./devices.ts";

/**
 * Finds the device that multiplies matrices fastest. It measures instead of using fixed preferences: a
 * software GPU driver responds like a real one, and is slower than the CPU that it runs on.
 *
 * @param candidates Devices to try; those that do not work are skipped.
 * @param stopwatch Monotonic time, seconds.
 */
export async function chooseDevice(
  runtime: typeof import("onnxruntime-node"),
  candidates: readonly DeviceName[],
  threads: number,
  stopwatch: () => number,
): Promise<DeviceName> {
  if (candidates.length === 1) return candidates[0];
  let best: DeviceName = "cpu";
  let bestRate = 0;
  for (const device of candidates) {
    const engine = new EngineHost(runtime, device, threads);
    const rate = await productRate(engine, stopwatch).catch(() => 0);
    await engine.close().catch(() => {});
    if (rate > bestRate) [best, bestRate] = [device, rate];
  }
  return best;
}
