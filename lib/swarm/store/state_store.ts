import type { ParameterValues } from "../../tensor/parameter_values.ts";

/** What is saved between windows: tensors of the model's shapes, and short facts. */
export interface Snapshot {
  /** Window to do next. */
  readonly window: number;
  /** Sets of the model's tensors, by name of the set. */
  readonly parts: Readonly<Record<string, ParameterValues>>;
  /** Texts by name. */
  readonly facts: Readonly<Record<string, string>>;
}

/** Keeps the last snapshots of one node. What it gives is what was saved, whole, or an error. */
export interface StateStore {
  /** What error messages call the store. */
  readonly directory: string;
  /** Windows of the snapshots that are there, ascending. */
  windows(): Promise<number[]>;
  /** Saves a snapshot; the one before stays, all others go. */
  save(snapshot: Snapshot): Promise<void>;
  /**
   * Gives the snapshot of a window.
   *
   * @throws CorruptFileError when it is damaged or belongs to another model.
   */
  load(window: number): Promise<Snapshot>;
}
