/** Shape of a packed batch. */
export interface ScoringShape {
  /** Rows per batch. */
  readonly rows: number;
  /** Tokens per row. */
  readonly sequence: number;
}

/**
 * Texts packed into rows. A text is a trunk and branches that continue it; several texts may share a row.
 * Arrays are row-major [rows, sequence] except the last two.
 */
export interface ScoringBatch extends ScoringShape {
  /** Token ids; any valid ids after the last text. */
  readonly tokens: Int32Array<ArrayBuffer>;
  /** Position of each token in its text. */
  readonly positions: Int32Array<ArrayBuffer>;
  /** Branch number of each token, unique within the row; a trunk counts as a branch. */
  readonly branches: Int32Array<ArrayBuffer>;
  /** Trunk number of each token's branch; for tokens of a trunk, the number of that trunk. */
  readonly trunks: Int32Array<ArrayBuffer>;
  /** Indices into the flattened rows after which a token is scored. [scores] */
  readonly places: Int32Array<ArrayBuffer>;
  /** Token scored after each of those indices. [scores] */
  readonly targets: Int32Array<ArrayBuffer>;
}

/** Scores of the targets of a batch, in order. */
export interface BatchScores {
  /** Natural logarithm of each target's probability. */
  readonly logProbabilities: Float64Array<ArrayBuffer>;
  /** Whether each target is the argmax of the logits, 0 or 1. */
  readonly greedy: Uint8Array<ArrayBuffer>;
}
