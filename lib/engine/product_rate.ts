import { Graph } from "../graph/graph.ts";
import { matmul } from "../graph/operators/matmul.ts";
import { serializeGraph } from "../graph/serialize_graph.ts";
import type { Engine } from "./engine.ts";
import { DEVICES } from "./devices.ts";

/** Side of the square matrices of the timed product. */
const SIDE = 1024;

/**
 * Measures the FLOP/s of a large matrix product, from which durations are estimated.
 *
 * @param stopwatch Real time, seconds.
 */
export async function productRate(engine: Engine, stopwatch: () => number): Promise<number> {
  const dims = [SIDE, SIDE];
  const graph = new Graph("rate");
  const x = graph.input("x", "float32", dims);
  graph.output("y", matmul(x, x));
  const session = await engine.load(serializeGraph(graph), ["y"]);
  const data = new Float32Array(SIDE * SIDE).fill(1 / SIDE);
  const tensors = [
    await engine.upload({ type: "float32", dims, data }),
    await engine.upload({ type: "float32", dims, data }),
  ];
  const [from, to] = tensors;
  await session.run({ x: from }, { y: to }); // the first run compiles
  const start = stopwatch();
  await session.run({ x: from }, { y: to });
  if (DEVICES[engine.device].copiesUploads) await engine.download(to); // waits for the device
  const seconds = stopwatch() - start;
  await engine.dispose(tensors);
  await session.release();
  return 2 * SIDE ** 3 / seconds;
}
