import { RefusedError } from "../../sparseloco/refusal.ts";
import type { Submission } from "./examine_submission.ts";

/** What a validator found at each peer's place. */
export type Found = Submission | RefusedError;

/** Submissions among what was found, ascending by uid. */
export function submissionsOf(found: ReadonlyMap<number, Found>): Submission[] {
  return [...found.values()]
    .filter((each): each is Submission => !(each instanceof RefusedError))
    .sort((a, b) => a.uid - b.uid);
}
