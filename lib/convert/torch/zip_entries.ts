import { CorruptFileError } from "../../file/corrupt_file_error.ts";
import { InputError } from "../../input/input_error.ts";
import type { FileReader } from "../file_reader.ts";

/** A file inside a ZIP archive, stored without compression. */
export interface ZipEntry {
  /** First byte of its content in the archive. */
  readonly start: number;
  /** Byte after the last. */
  readonly end: number;
}

const END_RECORD = 0x06054b50;
const END_RECORD_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const DIRECTORY_ENTRY = 0x02014b50;
const LOCAL_HEADER = 0x04034b50;
/** Longest end record, with its comment. */
const END_BYTES = 22 + 65535;
const ENTRIES_MAX = 200_000;
const DIRECTORY_BYTES_MAX = 64_000_000;

/**
 * Lists the files of a ZIP archive, ZIP64 included.
 *
 * @throws CorruptFileError naming what is damaged, InputError for compressed files: PyTorch writes none.
 */
export async function zipEntries(files: FileReader, path: string): Promise<Map<string, ZipEntry>> {
  const size = await files.size(path);
  const corrupt = (what: string) => new CorruptFileError(`Cannot read ${path}: ${what}`);
  const { count, directoryBytes, directoryStart } = await findDirectory(files, path, size, corrupt);
  if (count > ENTRIES_MAX || directoryBytes > DIRECTORY_BYTES_MAX) {
    throw corrupt(`its ZIP directory has ${count} entries in ${directoryBytes} bytes`);
  }
  if (directoryStart + directoryBytes > size) throw corrupt("its ZIP directory is outside of it");
  const bytes = await files.read(path, directoryStart, directoryStart + directoryBytes);
  const view = new DataView(bytes.buffer);
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== DIRECTORY_ENTRY) {
      throw corrupt(`its ZIP directory is damaged at byte ${directoryStart + at}`);
    }
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((offset) =>
      view.getUint16(at + offset, true)
    );
    const next = at + 46 + nameBytes + extraBytes + commentBytes;
    if (next > bytes.length) throw corrupt("its ZIP directory is cut short");
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameBytes));
    if (entries.has(name)) throw corrupt(`"${name.slice(0, 80)}" is in it twice`);
    const method = view.getUint16(at + 10, true);
    if (method !== 0) {
      throw new InputError(
        `Cannot read ${path}: "${name.slice(0, 80)}" is compressed, want a file of torch.save`,
      );
    }
    const extra = new DataView(bytes.buffer, at + 46 + nameBytes, extraBytes);
    const { length, offset } = sizesOf(view, at, extra, corrupt);
    entries.set(name, await contentOf(files, path, offset, length, size, corrupt));
    at = next;
  }
  return entries;
}

type Corrupt = (what: string) => CorruptFileError;

async function findDirectory(files: FileReader, path: string, size: number, corrupt: Corrupt) {
  const from = Math.max(0, size - END_BYTES);
  const tail = await files.read(path, from, size);
  const view = new DataView(tail.buffer);
  for (let at = tail.length - 22; at >= 0; at--) {
    if (view.getUint32(at, true) !== END_RECORD) continue;
    const found = {
      count: view.getUint16(at + 10, true),
      directoryBytes: view.getUint32(at + 12, true),
      directoryStart: view.getUint32(at + 16, true),
    };
    const is64 = at >= 20 && view.getUint32(at - 20, true) === LOCATOR_64;
    if (!is64) return found;
    const record = Number(view.getBigUint64(at - 12, true));
    if (!(record + 56 <= size)) throw corrupt("its ZIP64 record is outside of it");
    const bytes = await files.read(path, record, record + 56);
    const view64 = new DataView(bytes.buffer);
    if (view64.getUint32(0, true) !== END_RECORD_64) throw corrupt("its ZIP64 record is damaged");
    const [count, directoryBytes, directoryStart] = [32, 40, 48].map((offset) =>
      Number(view64.getBigUint64(offset, true))
    );
    return { count, directoryBytes, directoryStart };
  }
  throw corrupt("it is no ZIP archive");
}

/** Length and place of an entry; values that do not fit are in its ZIP64 extra field. */
function sizesOf(view: DataView, at: number, extra: DataView, corrupt: Corrupt) {
  const stored = view.getUint32(at + 20, true);
  const length = view.getUint32(at + 24, true);
  const offset = view.getUint32(at + 42, true);
  const wide = [length, stored, offset].map((value) => value === 0xffffffff);
  if (!wide.includes(true)) return { length, offset };
  for (let field = 0; field + 4 <= extra.byteLength;) {
    const bytes = extra.getUint16(field + 2, true);
    if (extra.getUint16(field, true) === 1) {
      let place = field + 4;
      const values = [length, stored, offset].map((value, i) => {
        if (!wide[i]) return value;
        if (place + 8 > extra.byteLength) throw corrupt("a ZIP64 field is cut short");
        place += 8;
        return Number(extra.getBigUint64(place - 8, true));
      });
      return { length: values[0], offset: values[2] };
    }
    field += 4 + bytes;
  }
  throw corrupt("a ZIP64 field is missing");
}

async function contentOf(
  files: FileReader,
  path: string,
  offset: number,
  length: number,
  size: number,
  corrupt: Corrupt,
): Promise<ZipEntry> {
  if (!(offset + 30 <= size)) throw corrupt("a ZIP entry is outside of it");
  const header = new DataView((await files.read(path, offset, offset + 30)).buffer);
  if (header.getUint32(0, true) !== LOCAL_HEADER) {
    throw corrupt(`the ZIP entry at byte ${offset} is damaged`);
  }
  const start = offset + 30 + header.getUint16(26, true) + header.getUint16(28, true);
  if (!(start + length <= size)) throw corrupt("a ZIP entry is longer than it");
  return { start, end: start + length };
}
