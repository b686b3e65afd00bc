import { open } from "node:fs/promises";
import { CorruptFileError } from "../file/corrupt_file_error.ts";
import {
  parseSafetensorsHeader,
  type SafetensorsHeader,
  safetensorsHeaderBytes,
} from "./safetensors_header.ts";
import { toFloat32 } from "./to_float32.ts";

/** An open safetensors file; tensors are read one at a time. */
export interface SafetensorsFile extends SafetensorsHeader {
  /** Bytes of one tensor. */
  bytes(name: string): Promise<Uint8Array<ArrayBuffer>>;
  /** Elements of one float tensor as f32. */
  float32(name: string): Promise<Float32Array<ArrayBuffer>>;
  /** Closes the file. */
  close(): Promise<void>;
}

/**
 * Opens a safetensors file and checks its header.
 *
 * @throws CorruptFileError when the header does not match the file.
 * @throws Deno.errors.NotFound when the file does not exist.
 */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  const handle = await open(path, "r");
  const readExactly = async (start: number, length: number): Promise<Uint8Array<ArrayBuffer>> => {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length;) {
      const { bytesRead } = await handle.read(bytes, at, length - at, start + at);
      if (bytesRead === 0) {
        throw new CorruptFileError(`Cannot read ${path}: it ends at byte ${start + at}`);
      }
      at += bytesRead;
    }
    return bytes;
  };
  try {
    const fileBytes = (await handle.stat()).size;
    const headerBytes = safetensorsHeaderBytes(
      await readExactly(0, Math.min(8, fileBytes)),
      fileBytes,
    );
    const header = parseSafetensorsHeader(await readExactly(8, headerBytes), fileBytes);
    const entry = (name: string) => {
      const found = header.tensors.get(name);
      if (!found) throw new CorruptFileError(`Cannot read ${path}: it has no tensor "${name}"`);
      return found;
    };
    const bytes = (name: string) => {
      const { start, end } = entry(name);
      return readExactly(start, end - start);
    };
    return {
      ...header,
      bytes,
      float32: async (name) => toFloat32(entry(name).type, await bytes(name)),
      close: () => handle.close(),
    };
  } catch (cause) {
    await handle.close();
    throw cause instanceof CorruptFileError
      ? new CorruptFileError(`${cause.message} (${path})`, { cause })
      : cause;
  }
}
