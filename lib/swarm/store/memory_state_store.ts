import { type Snapshot, type StateStore, staysBeside } from "./state_store.ts";
import { CorruptFileError } from "../../file/corrupt_file_error.ts";
import type { ParameterValues } from "../../tensor/parameter_values.ts";

/** Snapshots in memory, for simulations: they outlive the node that wrote them, as on a disk. */
export class MemoryStateStore implements StateStore {
  readonly directory = "memory";
  #snapshots: Snapshot[] = [];

  /** Discards all snapshots. */
  clear(): void {
    this.#snapshots = [];
  }

  /** See {@linkcode StateStore.windows}. */
  // deno-lint-ignore require-await
  async windows(): Promise<number[]> {
    return this.#snapshots.map(({ window }) => window);
  }

  /** See {@linkcode StateStore.save}. */
  // deno-lint-ignore require-await
  async save(snapshot: Snapshot): Promise<void> {
    const before = this.#snapshots.filter(({ window }) =>
      window !== snapshot.window && staysBeside(window, snapshot.window)
    );
    this.#snapshots = [...before, copy(snapshot)];
  }

  /** See {@linkcode StateStore.load}. */
  // deno-lint-ignore require-await
  async load(window: number): Promise<Snapshot> {
    const found = this.#snapshots.find((snapshot) => snapshot.window === window);
    if (!found) throw new CorruptFileError(`Cannot load state of window ${window}: not found`);
    return copy(found);
  }
}

function copy({ facts, parts, window }: Snapshot): Snapshot {
  const copied = Object.entries(parts).map(([part, values]): [string, ParameterValues] => [
    part,
    new Map([...values].map(([name, data]) => [name, data.slice()])),
  ]);
  return { window, facts: { ...facts }, parts: Object.fromEntries(copied) };
}
