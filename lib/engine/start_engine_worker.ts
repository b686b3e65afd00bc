import { EngineError } from "./engine.ts";

/** A running engine worker and its message port. */
export interface EngineWorker {
  /** Port for `connectEngine`; may be transferred to another worker. */
  readonly port: MessagePort;
  /** Settles only if the worker dies; callers that await answers must watch it. */
  readonly died: Promise<Error>;
  /** Stops the worker at once, even during a native call. */
  terminate(): void;
}

/**
 * Starts the engine worker, whose only permission is to load native code from one folder.
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
    const error = new EngineError(`Cannot continue: the engine worker died: ${event.message}`);
    ready.reject(error);
    died.resolve(error);
  };
  return ready.promise;
}
