import { replaceFile } from "../file/replace_file.ts";

/** A tensor to write. */
export interface TensorToWrite {
  /** Name, unique in the file. */
  readonly name: string;
  /** Length of every axis. */
  readonly dims: readonly number[];
  /** Elements, row-major. */
  readonly data: Float32Array;
}

/**
 * Writes F32 tensors as one safetensors file, replacing an existing one only when everything is on disk.
 *
 * @param metadata Free text by key; Hugging Face tools expect `format: "pt"`.
 */
export async function writeSafetensors(
  path: string,
  tensors: TensorToWrite[],
  metadata: Record<string, string>,
): Promise<void> {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let at = 0;
  for (const { name, dims, data } of tensors) {
    header[name] = { dtype: "F32", shape: dims, data_offsets: [at, at + data.byteLength] };
    at += data.byteLength;
  }
  const json = JSON.stringify(header);
  const text = new TextEncoder().encode(json + " ".repeat((8 - (json.length % 8)) % 8));
  const prefix = new Uint8Array(8);
  new DataView(prefix.buffer).setBigUint64(0, BigInt(text.length), true);
  await replaceFile(path, [
    prefix,
    text,
    ...tensors.map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  ]);
}
