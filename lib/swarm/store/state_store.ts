import type { ParameterValues } from "../../tensor/parameter_values.ts";

/** State saved between windows: tensors of the model's shapes and short strings. */
export interface Snapshot {
  /** Next window. */
  readonly window: number;
  /** Sets of the model's tensors, by set name. */
  readonly parts: Readonly<Record<string, ParameterValues>>;
  /** Strings by name. */
  readonly facts: Readonly<Record<string, string>>;
}

/** Snapshots kept: peers of one swarm can be one window apart when they are stopped. */
const SNAPSHOTS_KEPT = 2;

/** Whether a snapshot stays when a newer one is saved; those of later windows are left from before a restart. */
export function staysBeside(window: number, saved: number): boolean {
  return window <= saved && window > saved - SNAPSHOTS_KEPT;
}

/** Store of the latest snapshots of one node. It returns exactly what was saved, or throws. */
export interface StateStore {
  /** Name of the store in error messages. */
  readonly directory: string;
  /** Returns the windows of the stored snapshots, ascending. */
  windows(): Promise<number[]>;
  /** Saves a snapshot, keeping the previous one and deleting all others. */
  save(snapshot: Snapshot): Promise<void>;
  /**
   * Returns the snapshot of a window.
   *
   * @throws CorruptFileError when it is damaged or belongs to another model.
   */
  load(window: number): Promise<Snapshot>;
}
