import { elementCount } from "../tensor/dims.ts";
import { convertFloats } from "./floats/convert_floats.ts";
import { type FloatType, isFloatType } from "./floats/float_type.ts";
import type { LossReport } from "./floats/loss_report.ts";
import type { SourceTensor } from "./source_tensor.ts";

/** Elements that are in memory at once. */
const CHUNK_ELEMENTS = 1 << 21;

/**
 * Elements of a tensor as another float type, in pieces; other types as they are.
 *
 * @param multiple Every piece but the last has a multiple of this many elements.
 */
export async function* convertChunks(
  tensor: SourceTensor,
  to: FloatType | undefined,
  report: LossReport,
  multiple = 1,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const { dims, name, type } = tensor;
  const count = elementCount(dims);
  const step = Math.max(multiple, CHUNK_ELEMENTS - (CHUNK_ELEMENTS % multiple));
  const read = (at: number) => tensor.read(at, Math.min(count, at + step));
  let next = count > 0 ? read(0) : undefined;
  for (let at = 0; at < count; at += step) {
    const bytes = await next!;
    // The next piece is read while this one is converted and written.
    next = at + step < count ? read(at + step) : undefined;
    next?.catch(() => {}); // whoever stops before does not wait for it
    yield to !== undefined && isFloatType(type)
      ? convertFloats(name, bytes, type, to, report)
      : bytes;
  }
}
