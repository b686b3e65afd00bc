/** Name and shape of one tensor of a model. */
export interface TensorShape {
  /** Name in Hugging Face checkpoints. */
  readonly name: string;
  /** Length of every axis; matrices are [out, in]. */
  readonly dims: readonly number[];
}
