import type { TensorShape } from "../tensor/tensor_shape.ts";

/** One tensor of a model that is converted, read in pieces. */
export interface SourceTensor extends TensorShape {
  /** Element type by its name in safetensors, such as "BF16". */
  readonly type: string;
  /**
   * Little-endian elements from `start` up to `end`, row-major.
   *
   * @throws CorruptFileError when the file ends before.
   */
  read(start: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
}
