import * as v from "valibot";
import { objectKeys } from "./object_keys.ts";
import type { StatementKind } from "./signed_object.ts";

/** What a node says of the state that it has after a window. */
export interface StateStatement {
  /** Result of `stateDigest`. */
  readonly digest: string;
  /** Elements at the places that the verdict asks this node for, as bits of little-endian f32 in base64. */
  readonly elements: string;
}

/** Elements of very many tensors; more is not read. */
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

/** Elements as a statement has them. */
export function encodeElements(elements: Float32Array<ArrayBuffer>): string {
  return new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength).toBase64();
}

/** Elements of a statement; none where they cannot be read. */
export function decodeElements(text: string): Float32Array<ArrayBuffer> {
  try {
    const bytes = Uint8Array.fromBase64(text);
    return bytes.length % 4 === 0 ? new Float32Array(bytes.buffer) : new Float32Array(0);
  } catch {
    return new Float32Array(0);
  }
}
