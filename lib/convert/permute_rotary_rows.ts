import { ELEMENT_BYTES } from "../checkpoint/safetensors_header.ts";
import { elementCount } from "../tensor/dims.ts";
import type { SourceTensor } from "./source_tensor.ts";

/** Order of the rows of a head: Hugging Face pairs the two ends, Meta, GGUF and llama2.c pair neighbours. */
export type RotaryOrder = "halves" | "neighbours";

/**
 * A query or key projection, or its bias, with the rows of each head in another order.
 *
 * @param tensor Shape [heads x head, in] or [heads x head].
 * @param to Order of the result; the tensor has the other one.
 */
export function permuteRotaryRows(
  tensor: SourceTensor,
  heads: number,
  to: RotaryOrder,
): SourceTensor {
  const rowElements = elementCount(tensor.dims.slice(1));
  const headRows = tensor.dims[0] / heads;
  const headElements = headRows * rowElements;
  const elementBytes = ELEMENT_BYTES[tensor.type];
  const rowBytes = rowElements * elementBytes;
  const half = headRows / 2;
  return {
    ...tensor,
    read: async (start, end) => {
      const [first, last] = [Math.floor(start / headElements), Math.ceil(end / headElements)];
      const before = await tensor.read(first * headElements, last * headElements);
      const after = new Uint8Array(before.length);
      for (let head = 0; head < last - first; head++) {
        const base = head * headRows;
        for (let pair = 0; pair < half; pair++) {
          for (let part = 0; part < 2; part++) {
            const [halves, neighbours] = [part * half + pair, 2 * pair + part];
            const [from, at] = to === "neighbours" ? [halves, neighbours] : [neighbours, halves];
            const row = (base + from) * rowBytes;
            after.set(before.subarray(row, row + rowBytes), (base + at) * rowBytes);
          }
        }
      }
      const offset = first * headElements;
      return after.slice((start - offset) * elementBytes, (end - offset) * elementBytes);
    },
  };
}
