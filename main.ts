import { serveEngine } from "./lib/engine/serve_engine.ts";

if (globalThis.name === "engine") {
  const scope = globalThis as unknown as {
    onmessage: (event: MessageEvent<MessagePort>) => void;
    postMessage(message: unknown): void;
  };
  scope.onmessage = ({ data }) => serveEngine(data);
  scope.postMessage("ready");
}
