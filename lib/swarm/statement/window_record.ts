import * as v from "valibot";
import type { WindowObservation } from "../../gauntlet/observation.ts";
import type { PeerScore } from "../../gauntlet/peer_score.ts";
import { objectKeys } from "./object_keys.ts";
import type { StatementKind } from "./signed_object.ts";

/** A validator's signed record of a window: its observations and the resulting scores. */
export interface WindowRecord {
  /** Nonce of the validator's draws; 64 hexadecimal digits. */
  readonly nonce: string;
  /** Valid submissions among those examined, with the time of each commitment. */
  readonly examined: readonly {
    readonly uid: number;
    readonly sha256: string;
    readonly committedMs: number;
  }[];
  /** Digest of the validator's state after the window. */
  readonly digest: string;
  /** Signed texts of the state statements that peers published in time. */
  readonly states: readonly { readonly uid: number; readonly text: string }[];
  /** Observations of the window. */
  readonly observation: WindowObservation;
  /** Scores with their terms. */
  readonly scores: readonly PeerScore[];
}

const digest = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const uid = v.pipe(v.number(), v.integer(), v.minValue(0));

/** Records of windows. Observation and scores are only compared, never trusted. */
export const WINDOW_RECORD: StatementKind<WindowRecord> = {
  name: "record",
  key: objectKeys.record,
  bytesMax: 2 ** 26,
  schema: v.strictObject({
    nonce: digest,
    examined: v.array(v.strictObject({ uid, sha256: digest, committedMs: v.number() })),
    digest,
    states: v.array(v.strictObject({ uid, text: v.string() })),
    observation: v.custom<WindowObservation>((value) =>
      v.is(
        v.object({
          window: v.number(),
          changes: v.array(v.number()),
          peers: v.array(v.object({ uid, hotkey: v.string() })),
        }),
        value,
      )
    ),
    scores: v.custom<PeerScore[]>((value) =>
      v.is(v.array(v.object({ uid, score: v.number(), weight: v.number() })), value)
    ),
  }),
};
