import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import type { LocatedModel } from "./locate_model.ts";
/** Largest weight file that is read whole, bytes; larger ones are sampled. */
const HASHED_BYTES_MAX = 256_000_000;
/** Number of pieces that are read of a larger file, and their length, bytes. */
const SAMPLED_PIECES = 32;
const PIECE_BYTES = 65_536;

/** Hashes everything that determines a model's answers. Large files are sampled at 32 offsets. */
export async function fingerprint(
  model: LocatedModel,
  tokenizerJson: string,
): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify(model.configJson)).update(tokenizerJson);
  for (const path of new Set([...model.tensors.values()].map(({ path }) => path))) {
    const file = await open(path, "r");
    try {
      const { mtimeMs, size } = await file.stat();
      // A sampled file may have changed between the samples.
      hash.update(size <= HASHED_BYTES_MAX ? `${size}` : `${size} ${mtimeMs}`);
      const pieces = size <= HASHED_BYTES_MAX ? Math.ceil(size / PIECE_BYTES) : SAMPLED_PIECES;
      const stride = size <= HASHED_BYTES_MAX
        ? PIECE_BYTES
        : Math.floor((size - PIECE_BYTES) / (SAMPLED_PIECES - 1));
      const buffer = new Uint8Array(PIECE_BYTES);
      for (let i = 0; i < pieces; i++) {
        const { bytesRead } = await file.read(buffer, 0, PIECE_BYTES, i * stride);
        hash.update(buffer.subarray(0, bytesRead));
      }
    } finally {
      await file.close();
    }
  }
  return hash.digest("hex");
}
