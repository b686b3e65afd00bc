import { RefusedError } from "../../sparseloco/refusal.ts";
import type { Submission } from "./examine_submission.ts";

/** Result of examining a peer's submission. */
export type Found = Submission | RefusedError;

/** Returns the submissions among the results, ascending by uid. */
export function submissionsOf(found: ReadonlyMap<number, Found>): Submission[] {
  return [...found.values()]
    .filter((each): each is Submission => !(each instanceof RefusedError))
    .sort((a, b) => a.uid - b.uid);
}
