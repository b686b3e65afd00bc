import { createHash } from "node:crypto";
import { BitReader } from "./_bit_reader.ts";
import { BitWriter } from "./_bit_writer.ts";
import { CODINGS, readCodes, writeCodes } from "./_code_coding.ts";
import { readIndices, RICE_MAX, writeIndices } from "./_index_coding.ts";
import { type CompressedTensor, emptyCompressed, LEVELS } from "./compressed_tensor.ts";
import { RefusedError } from "./refusal.ts";
import { keptPerChunk, tilingOf } from "./tiling.ts";
import type { TensorShape } from "../tensor/tensor_shape.ts";

/** Context known to both sides before a submission is read. */
export interface SubmissionContext {
  /** Run id, 64 hexadecimal digits. */
  readonly run: string;
  /** Window in which the peer trained. */
  readonly window: number;
  /** Number of the peer on the chain. */
  readonly uid: number;
  /** Entries kept per chunk. */
  readonly topk: number;
  /** Tensors of the model in canonical order. */
  readonly shapes: readonly TensorShape[];
}

const MAGIC = "COVEYSUB";
const VERSION = 1;
const HEADER_BYTES = 88;
const TENSOR_HEADER_BYTES = 22;
/** Largest magnitude of a level, the reference's bound on scales; honest pseudo-gradients stay far below. */
const LEVEL_MAX = 1e4;

/**
 * Encodes a submission in the format of `docs/submission-format.md`.
 *
 * @param tensors One tensor per shape of the context, in the same order.
 *
 * @example Encode and decode a submission
 *
 * const shapes = [{ name: "w", dims: [64, 64] }];
 * const context = { run: "ab".repeat(32), window: 0, uid: 1, topk: 64, shapes };
 * const delta = Float32Array.from({ length: 4096 }, (_, i) => Math.sin(i * i));
 * const sent = [compress(delta, new Float32Array(4096), [64, 64], 64, 0.95)];
 * assert.deepEqual(decodeSubmission(context, encodeSubmission(context, sent)), sent);
 * ```
 */
export function encodeSubmission(
  context: SubmissionContext,
  tensors: readonly CompressedTensor[],
): Uint8Array<ArrayBuffer> {
  const parts = [encodeHeader(context)];
  for (const tensor of tensors) {
    const writer = new BitWriter();
    const rice = writeIndices(writer, tensor);
    writer.align();
    const coding = writeCodes(writer, tensor.codes);
    const body = writer.finish();
    const head = new DataView(new ArrayBuffer(TENSOR_HEADER_BYTES));
    tensor.levels.forEach((level, code) => head.setFloat32(code * 4, level, true));
    head.setUint8(16, rice);
    head.setUint8(17, coding);
    head.setUint32(18, body.length, true);
    parts.push(new Uint8Array(head.buffer), body);
  }
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/**
 * Decodes a submission. Memory use is bounded by the model in the context, whatever the bytes.
 *
 * @throws RefusedError naming the rule that was broken.
 */
export function decodeSubmission(
  context: SubmissionContext,
  bytes: Uint8Array,
): CompressedTensor[] {
  checkHeader(context, bytes);
  let at = HEADER_BYTES;
  const tensors = context.shapes.map(({ name, dims }) => {
    if (bytes.length - at < TENSOR_HEADER_BYTES) {
      throw new RefusedError("truncated", `${bytes.length} bytes end before tensor "${name}"`);
    }
    const head = new DataView(bytes.buffer, bytes.byteOffset + at, TENSOR_HEADER_BYTES);
    const bodyBytes = head.getUint32(18, true);
    at += TENSOR_HEADER_BYTES;
    if (bytes.length - at < bodyBytes) {
      throw new RefusedError("truncated", `${bytes.length} bytes end within tensor "${name}"`);
    }
    const body = bytes.subarray(at, at + bodyBytes);
    at += bodyBytes;
    return decodeTensor(name, emptyCompressed(dims, context.topk), head, body);
  });
  if (at !== bytes.length) {
    throw new RefusedError("trailing-bytes", `${bytes.length} bytes, want ${at}`);
  }
  return tensors;
}

/** Returns the maximum size of a valid submission for a model; larger ones are not fetched. */
export function submissionBytesMax({ shapes, topk }: SubmissionContext): number {
  return shapes.reduce((sum, { dims }) => {
    const { chunks, chunkLength } = tilingOf(dims);
    const kept = keptPerChunk(topk, chunkLength);
    const indexBits = kept === chunkLength ? 0 : chunks * (kept * (RICE_MAX + 1) + chunkLength);
    const bodyBytes = Math.ceil(indexBits / 8) + Math.ceil((chunks * kept * 3) / 8);
    return sum + TENSOR_HEADER_BYTES + bodyBytes;
  }, HEADER_BYTES);
}

/** Returns the SHA-256 of a model's tensor names and shapes, 64 hexadecimal digits. */
export function shapeDigest(shapes: readonly TensorShape[]): string {
  const hash = createHash("sha256");
  for (const { name, dims } of shapes) hash.update(`${name}[${dims.join()}]\n`);
  return hash.digest("hex");
}

function decodeTensor(
  name: string,
  tensor: CompressedTensor,
  head: DataView,
  body: Uint8Array,
): CompressedTensor {
  const [rice, coding] = [head.getUint8(16), head.getUint8(17)];
  const dense = tensor.kept === tensor.tiling.chunkLength;
  if (rice > (dense ? 0 : RICE_MAX) || coding >= CODINGS) {
    throw new RefusedError("bad-coding", `tensor "${name}" names codings ${rice} and ${coding}`);
  }
  for (let code = 0; code < LEVELS; code++) tensor.levels[code] = head.getFloat32(code * 4, true);
  if (!tensor.levels.every(Number.isFinite)) {
    throw new RefusedError("non-finite-levels", `tensor "${name}" has levels ${tensor.levels}`);
  }
  if (!tensor.levels.every((level) => Math.abs(level) <= LEVEL_MAX)) {
    throw new RefusedError(
      "oversized-levels",
      `tensor "${name}" has levels ${tensor.levels}, want at most ${LEVEL_MAX}`,
    );
  }
  const reader = new BitReader(body);
  readIndices(reader, tensor, rice);
  reader.align();
  readCodes(reader, tensor.codes, coding);
  reader.align();
  if (!reader.done) {
    throw new RefusedError("trailing-bytes", `tensor "${name}" has more than its entries`);
  }
  return tensor;
}

function encodeHeader({ run, window, uid, topk, shapes }: SubmissionContext) {
  const bytes = new Uint8Array(HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(MAGIC));
  view.setUint16(8, VERSION, true);
  view.setUint16(10, topk, true);
  view.setUint32(12, window, true);
  view.setUint32(16, uid, true);
  view.setUint32(20, shapes.length, true);
  bytes.set(Uint8Array.fromHex(run), 24);
  bytes.set(Uint8Array.fromHex(shapeDigest(shapes)), 56);
  return bytes;
}

/** Compares the header, field by field, with the one expected from the context. */
function checkHeader(context: SubmissionContext, bytes: Uint8Array): void {
  const { length } = bytes;
  if (length < HEADER_BYTES) {
    throw new RefusedError("truncated", `${length} bytes, want at least ${HEADER_BYTES}`);
  }
  const want = encodeHeader(context);
  for (const [reason, start, end] of HEADER_FIELDS) {
    const [met, wanted] = [bytes, want].map((source) => source.slice(start, end).toHex());
    if (met !== wanted) throw new RefusedError(reason, `header has ${met}, want ${wanted}`);
  }
}

const HEADER_FIELDS = [
  ["not-a-submission", 0, 8],
  ["unsupported-version", 8, 10],
  ["wrong-topk", 10, 12],
  ["wrong-window", 12, 16],
  ["wrong-uid", 16, 20],
  ["wrong-shape", 20, 24],
  ["wrong-run", 24, 56],
  ["wrong-shape", 56, 88],
] as const;
