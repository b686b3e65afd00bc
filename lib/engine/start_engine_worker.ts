/** A running engine worker and the port to speak to it. */
export interface EngineWorker {
  /** Port for `connectEngine`; may be handed to another worker. */
  readonly port: MessagePort;
  /** Stops the worker at once, also in the middle of a native call. */
  terminate(): void;
}

/**
 * Starts the engine worker: it may load native code from one folder, and nothing else. A worker that
 * dies is reported on the port.
 *
 * @param entry The program's entry module, which serves the engine when its worker is named "engine".
 * @param libraryFolder Folder of the runtime's native library.
 */
export function startEngineWorker(entry: URL, libraryFolder: string): Promise<EngineWorker> {
  const worker = new Worker(entry, {
    type: "module",
    name: "engine",
    deno: {
      permissions: {
        ffi: [libraryFolder],
        env: false,
        net: false,
        read: false,
        run: false,
        sys: false,
        write: false,
        import: false,
      },
    },
  });
  const { port1, port2 } = new MessageChannel();
  const ready = Promise.withResolvers<EngineWorker>();
  const terminate = () => worker.terminate();
  worker.onmessage = () => {
    // Posted only now: a message sent while the module still loads can be lost.
    worker.postMessage(port2, [port2]);
    ready.resolve({ port: port1, terminate });
  };
  worker.onerror = (event) => {
    event.preventDefault();
    ready.reject(new Error(`Cannot start the engine: ${event.message}`));
    port1.dispatchEvent(new MessageEvent("message", { data: { ended: event.message } }));
  };
  return ready.promise;
}
