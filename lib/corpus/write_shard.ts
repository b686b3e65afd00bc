import { replaceFile } from "../file/replace_file.ts";
import { npyHeader } from "./npy.ts";

/** Writes tokens as a `.npy` vector of uint32, a shard that numpy, the reference and `readTexts` read. */
export async function writeShard(path: string, tokens: Uint32Array): Promise<void> {
  const bytes = new Uint8Array(tokens.buffer, tokens.byteOffset, tokens.byteLength);
  await replaceFile(path, [npyHeader(tokens.length), bytes]);
}
