import * as v from "valibot";
import { objectKeys } from "./object_keys.ts";
import type { StatementKind } from "./signed_object.ts";

/** A node's statement on its state after a window. */
export interface StateStatement {
  /** Result of `stateDigest`. */
  readonly digest: string;
  /** Elements at the indices that the verdict requests from this node, little-endian f32 bits in base64. */
  readonly elements: string;
}

/** Fits the elements of very many tensors; larger objects are not read. */
const BYTES_MAX = 2 ** 20;

/** Statements on states. */
export const STATE_STATEMENT: StatementKind<StateStatement> = {
  name: "state",
  key: objectKeys.state,
  bytesMax: BYTES_MAX,
  schema: v.strictObject({
    digest: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
    elements: v.pipe(v.string(), v.maxLength(BYTES_MAX), v.regex(/^[A-Za-z0-9+/]*={0,2}$/)),
  }),
};

/** Encodes the elements of a statement. */
export function encodeElements(elements: Float32Array<ArrayBuffer>): string {
  return new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength).toBase64();
}

/** Decodes the elements of a statement; none if they are malformed. */
export function decodeElements(text: string): Float32Array<ArrayBuffer> {
  try {
    const bytes = Uint8Array.fromBase64(text);
    return bytes.length % 4 === 0 ? new Float32Array(bytes.buffer) : new Float32Array(0);
  } catch {
    return new Float32Array(0);
  }
}
