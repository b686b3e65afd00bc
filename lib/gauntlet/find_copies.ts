import { entriesIn, indexOverlap } from "./index_overlap.ts";

/** A submission as seen by copy detection. */
export interface MaskedSubmission {
  /** Uid of the peer. */
  readonly uid: number;
  /** Time at which its signed manifest was in the store, milliseconds since 1970. */
  readonly committedMs: number;
  /** Evidence that the peer trains on its own data, if it was evaluated. */
  readonly evidence?: number;
  /** Mask of the kept entries: result of `indexMask`. */
  readonly mask: Uint32Array;
}

/** A submission that overlaps too much with another one. */
export interface CopyFinding {
  /** Uid of the peer that counts as the copier. */
  readonly uid: number;
  /** Uid of the peer that counts as the original. */
  readonly of: number;
  /** Share of entries in common, 0 to 1. */
  readonly overlap: number;
  /** Whether the original is from the previous window. */
  readonly delayed: boolean;
}

/**
 * Finds submissions whose kept entries overlap with another peer's of the same or the previous window. Within
 * a window nothing can be seen before commitments are made, but a peer can redo another peer's work: the copy
 * is the one with less evidence of training on its own data. Without evidence for both, the copy is the later
 * commitment, or the larger uid.
 *
 * @param threshold Overlap from which two submissions are not independent.
 * @returns The largest overlap of each offender, ascending by uid.
 */
export function findCopies(
  current: readonly MaskedSubmission[],
  previous: readonly Omit<MaskedSubmission, "committedMs">[],
  threshold: number,
): CopyFinding[] {
  const worst = new Map<number, CopyFinding>();
  const take = (finding: CopyFinding) => {
    const known = worst.get(finding.uid);
    if (finding.overlap >= threshold && !(known && known.overlap >= finding.overlap)) {
      worst.set(finding.uid, finding);
    }
  };
  // The same number for all submissions of one model.
  const kept = current.length > 0 ? entriesIn(current[0].mask) : 0;
  current.forEach((a, i) => {
    for (const b of current.slice(i + 1)) {
      const [first, second] = isCopy(a, b) ? [b, a] : [a, b];
      const overlap = indexOverlap(a.mask, b.mask, kept);
      take({ uid: second.uid, of: first.uid, overlap, delayed: false });
    }
    for (const { mask, uid } of previous) {
      if (uid === a.uid) continue;
      take({ uid: a.uid, of: uid, overlap: indexOverlap(a.mask, mask, kept), delayed: true });
    }
  });
  return [...worst.values()].sort((a, b) => a.uid - b.uid);
}

function isCopy(a: MaskedSubmission, b: MaskedSubmission): boolean {
  if (a.evidence !== undefined && b.evidence !== undefined && a.evidence !== b.evidence) {
    return a.evidence < b.evidence;
  }
  return a.committedMs > b.committedMs || (a.committedMs === b.committedMs && a.uid > b.uid);
}
