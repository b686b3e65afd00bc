import { fileURLToPath } from "node:url";
import { connectEngine } from "../../lib/engine/connect_engine.ts";
import type { Engine } from "../../lib/engine/engine.ts";
import { startEngineWorker } from "../../lib/engine/start_engine_worker.ts";

/** Opens an engine on the CPU for a benchmark. */
export async function openBenchEngine(
  threads: number,
): Promise<{ engine: Engine } & AsyncDisposable> {
  const root = new URL("../..", import.meta.url);
  const worker = await startEngineWorker(
    new URL("main.ts", root),
    fileURLToPath(new URL("node_modules", root)),
  );
  const engine = await connectEngine(worker.port, { devices: ["cpu"], threads });
  return {
    engine,
    async [Symbol.asyncDispose]() {
      await engine.close();
      worker.port.close();
      worker.terminate();
    },
  };
}
