/** The program's only entry module, in three roles; `globalThis.name` identifies the worker. */
if (globalThis.name === "engine") {
  const { serveEngine } = await import("./lib/engine/serve_engine.ts");
  const worker = globalThis as unknown as Worker;
  worker.onmessage = ({ data }: MessageEvent<MessagePort>) => serveEngine(data);
  worker.postMessage("ready");
} else if (globalThis.name === "command") {
  const worker = globalThis as unknown as Worker;
  try {
    const { serveCommand } = await import("./commands/program/command_worker.ts");
    serveCommand(worker);
  } catch (cause) {
    worker.postMessage({ failure: String(cause) }); // unreadable modules
  }
} else if (import.meta.main) {
  const { supervise } = await import("./commands/program/supervisor.ts");
  Deno.exit(await supervise(Deno.args, new URL(import.meta.url)));
}
