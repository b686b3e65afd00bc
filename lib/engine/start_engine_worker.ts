import { EngineError } from "./engine.ts";

/** A running engine worker and the port to speak to it. */
export interface EngineWorker {
  /** Port for `connectEngine`; may be handed to another worker. */
  readonly port: MessagePort;
  /** Settles only if the worker dies; callers that wait for answers must watch it. */
  readonly died: Promise<Error>;
  /** Stops the worker at once, also in the middle of a native call. */
  terminate(): void;
}

/**
 * Starts the engine worker: it may load native code from one folder, and nothing else.
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
  const died = Promise.withResolvers<Error>();
  const terminate = () => worker.terminate();
  worker.onmessage = () => {
    // Posted only now: a message sent while the module still loads can be lost.
    worker.postMessage(port2, [port2]);
    ready.resolve({ port: port1, died: died.promise, terminate });
  };
  worker.onerror = (event) => {
    event.preventDefault();
    const error = new EngineError(`Cannot go on computing: the engine has died: ${event.message}`);
    ready.reject(error);
    died.resolve(error);
  };
  return ready.promise;
}
