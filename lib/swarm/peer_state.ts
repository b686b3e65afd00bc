import { mkdir, readdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { openSafetensors } from "../checkpoint/safetensors_file.ts";
import { CorruptFileError } from "../checkpoint/corrupt_file_error.ts";
import { writeSafetensors } from "../checkpoint/write_safetensors.ts";
import { sameDims } from "../graph/tensor.ts";
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
    const parts: [string, ParameterValues | undefined][] = [
      ["parameters", state.parameters],
      ["error_feedback", state.errorFeedback],
      ["first_moment", state.optimizer?.first],
      ["second_moment", state.optimizer?.second],
    ];
    await writeSafetensors(
      this.#path(state.window),
      parts.flatMap(([part, values]) =>
        values
          ? this.tensors.map(({ name, dims }) => ({
            name: `${part}.${name}`,
            dims,
            data: values.get(name)!,
          }))
          : []
      ),
      { window: String(state.window), optimizer_steps: String(state.optimizer?.steps ?? 0) },
    );
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
      const optimizer = steps > 0
        ? { first: await read("first_moment"), second: await read("second_moment"), steps }
        : undefined;
      return {
        window,
        parameters: await read("parameters"),
        errorFeedback: await read("error_feedback"),
        optimizer,
      };
    } finally {
      await file.close();
    }
  }

  #path(window: number): string {
    return join(this.directory, `state-${String(window).padStart(8, "0")}.safetensors`);
  }
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
