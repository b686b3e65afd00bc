import { entriesIn, indexOverlap } from "./index_overlap.ts";

/** What copy detection knows of a submission. */
export interface MaskedSubmission {
  /** Peer. */
  readonly uid: number;
  /** When its signed manifest was in the store, milliseconds since 1970. */
  readonly committedMs: number;
  /** Evidence that the peer trains on its own data, where it was evaluated. */
  readonly evidence?: number;
  /** Which entries it kept: result of `indexMask`. */
  readonly mask: Uint32Array;
}

/** A submission that shares too much with another one. */
export interface CopyFinding {
  /** Peer that is held to have copied. */
  readonly uid: number;
  /** Peer whose entries they were. */
  readonly of: number;
  /** Share of entries in common, 0 to 1. */
  readonly overlap: number;
  /** Whether the original is of the window before. */
  readonly delayed: boolean;
}

/**
 * Finds submissions whose kept entries overlap with another peer's of the same window or of the one before.
 * In the same window nothing can be seen before commitments are made, but another peer's work can be done in
 * its place: the copy is who has less evidence of training on its own data. Without evidence of both it is the
 * later commitment, or the larger uid.
 *
 * @param threshold Overlap from which on two submissions are not independent.
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
  // The same for all submissions of one model.
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
