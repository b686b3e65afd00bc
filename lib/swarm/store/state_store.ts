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

/** Snapshots kept: peers of one swarm can be one window apart when they are stopped. */
const SNAPSHOTS_KEPT = 2;

/** Whether a snapshot stays when a newer one is saved; those of later windows are left from before a restart. */
export function staysBeside(window: number, saved: number): boolean {
  return window <= saved && window > saved - SNAPSHOTS_KEPT;
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
