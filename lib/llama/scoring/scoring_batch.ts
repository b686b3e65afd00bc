/** Shape of a packed batch. */
export interface ScoringShape {
  /** Rows of a batch. */
  readonly rows: number;
  /** Tokens of a row. */
  readonly sequence: number;
}

/**
 * Texts packed into rows. A text is a trunk and branches that go on from it; several texts may share a row.
 * Arrays are row-major [rows, sequence] except the last two.
 */
export interface ScoringBatch extends ScoringShape {
  /** Token ids; whatever fits behind the last text. */
  readonly tokens: Int32Array<ArrayBuffer>;
  /** Position of each token in its text. */
  readonly positions: Int32Array<ArrayBuffer>;
  /** Number of the branch of each token, unique in the row; a trunk counts as one. */
  readonly branches: Int32Array<ArrayBuffer>;
  /** Number of the trunk of each token's branch; a trunk's own number for its own tokens. */
  readonly trunks: Int32Array<ArrayBuffer>;
  /** Places whose following token is scored, as indices into the flattened rows. [scores] */
  readonly places: Int32Array<ArrayBuffer>;
  /** Tokens scored there. [scores] */
  readonly targets: Int32Array<ArrayBuffer>;
}

/** What a model says of the targets of a batch, in their order. */
export interface BatchScores {
  /** Natural logarithm of each target's probability. */
  readonly logProbabilities: Float64Array<ArrayBuffer>;
  /** Whether each target is the argmax of the logits, 0 or 1. */
  readonly greedy: Uint8Array<ArrayBuffer>;
}
