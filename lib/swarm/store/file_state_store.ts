import { type Snapshot, type StateStore, staysBeside } from "./state_store.ts";
import { createHash } from "node:crypto";
import { mkdir, readdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { openSafetensors } from "../../checkpoint/safetensors_file.ts";
import { CorruptFileError } from "../../file/corrupt_file_error.ts";
import { type TensorToWrite, writeSafetensors } from "../../checkpoint/write_safetensors.ts";
import { sameDims } from "../../tensor/dims.ts";
import { stateDigest } from "../../sparseloco/state_digest.ts";
import type { ParameterValues } from "../../tensor/parameter_values.ts";
import type { TensorShape } from "../../tensor/tensor_shape.ts";

const FILE = /^state-(\d{8})\.safetensors$/;

/** Snapshots in a directory, one safetensors file per window. */
export class FileStateStore implements StateStore {
  /** @param directory Created if missing. */
  constructor(readonly directory: string, readonly shapes: readonly TensorShape[]) {}

  /** See {@linkcode StateStore.windows}. */
  async windows(): Promise<number[]> {
    const names = await readdir(this.directory).catch((cause): string[] => {
      if (cause.code === "ENOENT") return [];
      throw cause;
    });
    return names.flatMap((name) => FILE.exec(name)?.slice(1).map(Number) ?? []).sort((a, b) =>
      a - b
    );
  }

  /** See {@linkcode StateStore.save}. */
  async save(state: Snapshot): Promise<void> {
    await mkdir(this.directory, { recursive: true });
    const tensors = this.#contents(state);
    const digest = contentDigest(tensors, state);
    const facts = { parts: Object.keys(state.parts).join(), ...state.facts, digest };
    await writeSafetensors(this.#path(state.window), tensors, facts);
    for (const name of await readdir(this.directory)) {
      if (name.endsWith(".tmp")) await unlink(join(this.directory, name)); // of an interrupted write
    }
    for (const window of await this.windows()) {
      if (!staysBeside(window, state.window)) await unlink(this.#path(window));
    }
  }

  /** See {@linkcode StateStore.load}. */
  async load(window: number): Promise<Snapshot> {
    const path = this.#path(window);
    try {
      return await this.#read(path, window);
    } catch (cause) {
      if (!(cause instanceof CorruptFileError)) throw cause;
      const advice =
        "delete that file to resume from the previous window, if its state still exists";
      throw new CorruptFileError(`${cause.message}; ${advice}`, { cause });
    }
  }

  async #read(path: string, window: number): Promise<Snapshot> {
    const file = await openSafetensors(path);
    try {
      const { digest, parts: names = "", ...facts } = file.metadata;
      const parts: Record<string, ParameterValues> = {};
      for (const part of names.split(",")) {
        const values: ParameterValues = new Map();
        for (const { name, dims } of this.shapes) {
          const entry = file.tensors.get(`${part}.${name}`);
          if (!entry || !sameDims(entry.dims, dims)) {
            throw new CorruptFileError(
              `Cannot read ${path}: tensor "${part}.${name}" has shape [${entry?.dims}], want [${dims}]`,
            );
          }
          values.set(name, await file.float32(`${part}.${name}`));
        }
        parts[part] = values;
      }
      const snapshot = { window, parts, facts };
      if (contentDigest(this.#contents(snapshot), snapshot) !== digest) {
        throw new CorruptFileError(
          `Cannot read ${path}: its content does not match the digest it was saved with`,
        );
      }
      return snapshot;
    } finally {
      await file.close();
    }
  }

  /** Returns the tensors of a snapshot's file, in order. */
  #contents({ parts }: Snapshot): TensorToWrite[] {
    return Object.entries(parts).flatMap(([part, values]) =>
      this.shapes.map(({ name, dims }) => ({
        name: `${part}.${name}`,
        dims,
        data: values.get(name)!,
      }))
    );
  }

  #path(window: number): string {
    return join(this.directory, `state-${String(window).padStart(8, "0")}.safetensors`);
  }
}

function contentDigest(tensors: TensorToWrite[], { facts, window }: Snapshot): string {
  const named = new Map(tensors.map(({ data, name }) => [name, data]));
  const sorted = Object.entries(facts).sort(([a], [b]) => (a < b ? -1 : 1));
  const content = JSON.stringify([window, sorted, stateDigest(tensors, named)]);
  return createHash("sha256").update(content).digest("hex");
}
