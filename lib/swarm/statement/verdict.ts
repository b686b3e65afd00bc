import * as v from "valibot";
import { objectKeys } from "./object_keys.ts";
import type { StatementKind } from "./signed_object.ts";

/** The leading validator's decision on a window. Every honest peer applies exactly these submissions. */
export interface Verdict {
  /** Submissions that count, ascending by uid, each pinned to its bytes by hash. */
  readonly accepted: readonly { readonly uid: number; readonly sha256: string }[];
  /** Determines which elements of their state peers have to publish; 64 hexadecimal digits. */
  readonly nonce: string;
}

const uid = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65535));
const digest = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

/** Statements on the submissions that count. */
export const VERDICT: StatementKind<Verdict> = {
  name: "verdict",
  key: objectKeys.verdict,
  bytesMax: 2 ** 20,
  schema: v.strictObject({
    accepted: v.pipe(
      v.array(v.strictObject({ uid, sha256: digest })),
      v.check((list) => list.every((each, i) => i === 0 || each.uid > list[i - 1].uid)),
    ),
    nonce: digest,
  }),
};
