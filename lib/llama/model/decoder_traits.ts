/** How the decoder of a family differs from LLaMA's. What is left out is as LLaMA has it. */
export interface DecoderTraits {
  /** Whether the inputs of attention and gated unit are normalised (LLaMA), their outputs, or both. */
  readonly norms?: "before" | "after" | "both";
  /** Added to the weights of norms. */
  readonly normOffset?: number;
  /** Whether queries and keys are normalised: by head, or over all heads at once. */
  readonly queryKeyNorm?: "head" | "whole";
  /** Function of the gate; SiLU where it is left out. */
  readonly activation?: "gelu-tanh";
  /** Factor on attention scores; 1 / sqrt(headDim) where it is left out. */
  readonly attentionScale?: number;
  /** Bound that attention scores approach, cap tanh(score / cap). */
  readonly attentionCap?: number;
  /** The same for logits. */
  readonly logitCap?: number;
  /** Factor on embeddings. */
  readonly embeddingScale?: number;
  /** Factor on what a block adds to its input. */
  readonly residualScale?: number;
  /** Factor on logits. */
  readonly logitScale?: number;
  /** Elements of a head that are rotated, from its first on; all where it is left out. */
  readonly rotaryDim?: number;
  /** Base of the unscaled rotations of layers with a window, where they have their own. */
  readonly windowRopeTheta?: number;
  /** Keys that a query of each layer sees, its own included; undefined for all before it. */
  readonly windows?: readonly (number | undefined)[];
  /** Whether the layer has no rotations. */
  readonly unrotated?: readonly boolean[];
}
