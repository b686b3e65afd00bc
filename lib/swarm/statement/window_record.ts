import * as v from "valibot";
import type { WindowObservation } from "../../gauntlet/observation.ts";
import type { PeerScore } from "../../gauntlet/peer_score.ts";
import { objectKeys } from "./object_keys.ts";
import type { StatementKind } from "./signed_object.ts";

/** A validator's signed record of a window: what it saw, and the scores that follow from it. */
export interface WindowRecord {
  /** Nonce of the validator's own draws; 64 hexadecimal digits. */
  readonly nonce: string;
  /** Submissions that were examined and valid, with the time of each commitment. */
  readonly examined: readonly {
    readonly uid: number;
    readonly sha256: string;
    readonly committedMs: number;
  }[];
  /** Digest of the validator's state after the window. */
  readonly digest: string;
  /** What peers said of their states in time: the texts that they signed. */
  readonly states: readonly { readonly uid: number; readonly text: string }[];
  /** What was seen. */
  readonly observation: WindowObservation;
  /** Scores with their terms. */
  readonly scores: readonly PeerScore[];
}

const digest = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const uid = v.pipe(v.number(), v.integer(), v.minValue(0));

/** Records of windows. Observation and scores are compared as they are, never trusted. */
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
