import { mkdir, readdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { openSafetensors } from "../checkpoint/safetensors_file.ts";
import { CorruptFileError } from "../checkpoint/corrupt_file_error.ts";
import { type TensorToWrite, writeSafetensors } from "../checkpoint/write_safetensors.ts";
import { sameDims } from "../graph/tensor.ts";
import { stateDigest } from "../sparseloco/state_digest.ts";
import type { OptimizerState, ParameterValues } from "../llama/trainer.ts";
import type { Learner } from "./learner.ts";

/** All that a peer carries from one window to the next. */
export interface PeerState {
  /** Window to train next. */
  window: number;
  /** Consensus parameters. */
  parameters: ParameterValues;
  /** AdamW's memory; undefined before the first window. */
  optimizer: OptimizerState | undefined;
  /** What was not sent yet, by tensor. */
  errorFeedback: ParameterValues;
}

/** States kept: peers of one swarm can be one window apart when they are stopped. */
const STATES_KEPT = 2;
const FILE = /^state-(\d{8})\.safetensors$/;

/** Saved states of one peer: one file a window in a directory. */
export class PeerStateStore {
  /** @param directory Made when it is not there. */
  constructor(readonly directory: string, readonly tensors: Learner["tensors"]) {}

  /** Windows of the states that are there, ascending. */
  async windows(): Promise<number[]> {
    const names = await readdir(this.directory).catch((cause): string[] => {
      if (cause.code === "ENOENT") return [];
      throw cause;
    });
    return names.flatMap((name) => FILE.exec(name)?.slice(1).map(Number) ?? []).sort((a, b) =>
      a - b
    );
  }

  /** Writes a state, then removes those that are no longer needed. */
  async save(state: PeerState): Promise<void> {
    await mkdir(this.directory, { recursive: true });
    const tensors = this.#contents(state);
    await writeSafetensors(this.#path(state.window), tensors, {
      window: String(state.window),
      optimizer_steps: String(state.optimizer?.steps ?? 0),
      digest: contentDigest(tensors),
    });
    for (const name of await readdir(this.directory)) {
      if (name.endsWith(".tmp")) await unlink(join(this.directory, name)); // of a write that was cut off
    }
    for (const window of await this.windows()) {
      // Later ones are left from before a restart, and will be made again.
      const kept = window <= state.window && window > state.window - STATES_KEPT;
      if (!kept) await unlink(this.#path(window));
    }
  }

  /**
   * Reads the state of a window.
   *
   * @throws CorruptFileError when the file is damaged or belongs to another model.
   */
  async load(window: number): Promise<PeerState> {
    const path = this.#path(window);
    try {
      return await this.#read(path, window);
    } catch (cause) {
      if (!(cause instanceof CorruptFileError)) throw cause;
      const advice =
        "delete that file to go on from the window before, if its state is still there";
      throw new CorruptFileError(`${cause.message}; ${advice}`, { cause });
    }
  }

  async #read(path: string, window: number): Promise<PeerState> {
    const file = await openSafetensors(path);
    try {
      const read = async (part: string): Promise<ParameterValues> => {
        const values: ParameterValues = new Map();
        for (const { name, dims } of this.tensors) {
          const entry = file.tensors.get(`${part}.${name}`);
          if (!entry || !sameDims(entry.dims, dims)) {
            throw new CorruptFileError(
              `Cannot read ${path}: tensor "${part}.${name}" has shape [${entry?.dims}], want [${dims}]`,
            );
          }
          values.set(name, await file.float32(`${part}.${name}`));
        }
        return values;
      };
      const steps = Number(file.metadata.optimizer_steps);
      const state = {
        window: Number(file.metadata.window),
        parameters: await read("parameters"),
        errorFeedback: await read("error_feedback"),
        optimizer: steps > 0
          ? { first: await read("first_moment"), second: await read("second_moment"), steps }
          : undefined,
      };
      if (
        state.window !== window || contentDigest(this.#contents(state)) !== file.metadata.digest
      ) {
        throw new CorruptFileError(
          `Cannot read ${path}: its content does not have the digest it was saved with`,
        );
      }
      return state;
    } finally {
      await file.close();
    }
  }

  /** Tensors of a state's file, in order. */
  #contents({ errorFeedback, optimizer, parameters }: PeerState): TensorToWrite[] {
    const parts: [string, ParameterValues | undefined][] = [
      ["parameters", parameters],
      ["error_feedback", errorFeedback],
      ["first_moment", optimizer?.first],
      ["second_moment", optimizer?.second],
    ];
    return parts.flatMap(([part, values]) =>
      values
        ? this.tensors.map(({ name, dims }) => ({
          name: `${part}.${name}`,
          dims,
          data: values.get(name)!,
        }))
        : []
    );
  }

  #path(window: number): string {
    return join(this.directory, `state-${String(window).padStart(8, "0")}.safetensors`);
  }
}

function contentDigest(tensors: TensorToWrite[]): string {
  return stateDigest(tensors, new Map(tensors.map(({ data, name }) => [name, data])));
}

/** State before the first window: parameters as given, nothing left unsent. */
export function freshState(tensors: Learner["tensors"], parameters: ParameterValues): PeerState {
  const errorFeedback: ParameterValues = new Map();
  const copy: ParameterValues = new Map();
  for (const { name } of tensors) {
    copy.set(name, parameters.get(name)!.slice());
    errorFeedback.set(name, new Float32Array(parameters.get(name)!.length));
  }
  return { window: 0, parameters: copy, optimizer: undefined, errorFeedback };
}
