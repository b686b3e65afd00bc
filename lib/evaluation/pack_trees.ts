import type { ScoringBatch } from "../llama/scoring/scoring_batch.ts";
import type { TextTree } from "./text_tree.ts";

/** Minimum row length in tokens; shorter texts share a row. */
const ROW_LENGTH_MIN = 256;

/** A batch with the pairs that its scores belong to. */
export interface PackedBatch {
  /** Input of the model. */
  readonly batch: ScoringBatch;
  /** Pair of each score. [scores] */
  readonly pairs: Int32Array<ArrayBuffer>;
}

/**
 * Packs trees into rows, longest first, several per row. All batches of one row length share a shape, which
 * limits the number of sessions; the contents of a batch depend on the trees alone.
 *
 * @param tokensMax Maximum tokens per batch; a single row may exceed it.
 */
export function packTrees(trees: readonly TextTree[], tokensMax: number): PackedBatch[] {
  const bySequence = new Map<number, TextTree[]>();
  for (const tree of trees.toSorted((a, b) => b.tokens.length - a.tokens.length)) {
    const sequence = rowLength(tree.tokens.length);
    const same = bySequence.get(sequence);
    if (same) same.push(tree);
    else bySequence.set(sequence, [tree]);
  }
  return [...bySequence].flatMap(([sequence, own]) => {
    const rows = fillRows(own, sequence);
    const fit = Math.max(1, Math.floor(tokensMax / sequence));
    // As few batches as possible, filled evenly.
    const each = Math.ceil(rows.length / Math.ceil(rows.length / fit));
    return Array.from(
      { length: Math.ceil(rows.length / each) },
      (_, i) => makeBatch(rows.slice(i * each, (i + 1) * each), each, sequence),
    );
  });
}

/** Returns the smallest length in the series 256, 384, 512, 768, ... that fits. */
function rowLength(tokens: number): number {
  let length = ROW_LENGTH_MIN;
  while (length < tokens) {
    length = Number.isInteger(Math.log2(length)) ? length * 1.5 : length / 0.75;
  }
  return length;
}

/** Puts each tree into the fullest row that has room for it. */
function fillRows(trees: readonly TextTree[], sequence: number): TextTree[][] {
  const rows: TextTree[][] = [];
  const byRoom: number[][] = Array.from({ length: sequence + 1 }, () => []);
  for (const tree of trees) {
    let room = tree.tokens.length;
    while (room <= sequence && byRoom[room].length === 0) room++;
    const row = room <= sequence ? byRoom[room].pop()! : rows.push([]) - 1;
    rows[row].push(tree);
    byRoom[Math.min(room, sequence) - tree.tokens.length].push(row);
  }
  return rows;
}

function makeBatch(
  filled: readonly (readonly TextTree[])[],
  rows: number,
  sequence: number,
): PackedBatch {
  const plane = () => new Int32Array(rows * sequence);
  const [tokens, positions, branches, trunks] = [plane(), plane(), plane(), plane()];
  const scores = filled.flatMap((trees, row) => {
    let at = row * sequence;
    let number = 1; // 0 marks padding
    return trees.flatMap((tree) => {
      const start = at;
      tokens.set(tree.tokens, at);
      const trunk = number;
      for (
        const [length, offset] of [[tree.trunk, 0], ...tree.branches.map((b) => [b, tree.trunk])]
      ) {
        for (let i = 0; i < length; i++) positions[at + i] = offset + i;
        branches.fill(number++, at, at + length);
        trunks.fill(trunk, at, at + length);
        at += length;
      }
      return tree.scores.map(({ pair, place, target }) => ({ pair, place: start + place, target }));
    });
  });
  return {
    batch: {
      rows,
      sequence,
      tokens,
      positions,
      branches,
      trunks,
      places: Int32Array.from(scores, ({ place }) => place),
      targets: Int32Array.from(scores, ({ target }) => target),
    },
    pairs: Int32Array.from(scores, ({ pair }) => pair),
  };
}
