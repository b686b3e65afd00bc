/** Differences of a family's decoder from LLaMA's; omitted fields are as in LLaMA. */
export interface DecoderTraits {
  /** Whether norms apply to the inputs of attention and gated unit (LLaMA), to their outputs, or both. */
  readonly norms?: "before" | "after" | "both";
  /** Offset added to norm weights. */
  readonly normOffset?: number;
  /** Normalisation of queries and keys, if any: per head, or over all heads at once. */
  readonly queryKeyNorm?: "head" | "whole";
  /** Activation of the gate; SiLU if omitted. */
  readonly activation?: "gelu-tanh";
  /** Factor on attention scores; 1 / sqrt(headDim) if omitted. */
  readonly attentionScale?: number;
  /** Soft cap of attention scores, cap tanh(score / cap). */
  readonly attentionCap?: number;
  /** Soft cap of logits, cap tanh(logit / cap). */
  readonly logitCap?: number;
  /** Factor on embeddings. */
  readonly embeddingScale?: number;
  /** Factor on the outputs of attention and gated unit before they join the residual stream. */
  readonly residualScale?: number;
  /** Factor on logits. */
  readonly logitScale?: number;
  /** Number of leading elements of a head that are rotated; all if omitted. */
  readonly rotaryDim?: number;
  /** Base of the unscaled rotations of sliding-window layers, where they have a separate one. */
  readonly windowRopeTheta?: number;
  /** Attention window of each layer in keys, including the query's own; undefined for unlimited. */
  readonly windows?: readonly (number | undefined)[];
  /** Whether each layer omits rotations. */
  readonly unrotated?: readonly boolean[];
}
