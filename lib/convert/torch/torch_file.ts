import { CorruptFileError } from "../../file/corrupt_file_error.ts";
import { InputError } from "../../input/input_error.ts";
import { ELEMENT_BYTES } from "../../checkpoint/safetensors_header.ts";
import { elementCount } from "../../tensor/dims.ts";
import type { FileReader } from "../file_reader.ts";
import { PersistentId, PickleCall, PickleGlobal, unpickle } from "./unpickle.ts";
import { zipEntries, type ZipEntry } from "./zip_entries.ts";

/** A tensor of a PyTorch file. */
export interface TorchTensor {
  /** Element type by its name in safetensors. */
  readonly type: string;
  /** Length of every axis. */
  readonly dims: readonly number[];
  /** First byte in the file, for a tensor whose elements lie in order. */
  readonly start: number;
}

/** Longest pickle that is read, bytes: it has names and shapes, no elements. */
const PICKLE_BYTES_MAX = 256_000_000;
/** Maps inside maps that are looked through for tensors. */
const DEPTH_MAX = 8;

/** Entries of maps that are looked at. */
const VISITS_MAX = 2_000_000;

/** Element types of storages. */
const STORAGES: Readonly<Record<string, string>> = {
  "torch.DoubleStorage": "F64",
  "torch.FloatStorage": "F32",
  "torch.HalfStorage": "F16",
  "torch.BFloat16Storage": "BF16",
  "torch.LongStorage": "I64",
  "torch.IntStorage": "I32",
  "torch.ShortStorage": "I16",
  "torch.CharStorage": "I8",
  "torch.ByteStorage": "U8",
  "torch.BoolStorage": "BOOL",
};

const REBUILD = "torch._utils._rebuild_tensor_v2";
const REBUILD_PARAMETER = "torch._utils._rebuild_parameter";
const ALLOWED: ReadonlySet<string> = new Set([
  ...Object.keys(STORAGES),
  REBUILD,
  REBUILD_PARAMETER,
  "collections.OrderedDict",
  "torch.Size",
  "torch.device",
  ...["float64", "float32", "float16", "bfloat16", "int64", "int32", "uint8", "bool"]
    .map((name) => `torch.${name}`),
]);

/**
 * Tensors of a file of `torch.save`, by name: dictionaries inside dictionaries give names with dots.
 *
 * @throws InputError naming a global that may not occur, or a tensor whose elements do not lie in order.
 * @throws CorruptFileError
 */
export async function torchTensors(
  files: FileReader,
  path: string,
): Promise<Map<string, TorchTensor>> {
  const entries = await zipEntries(files, path);
  const pickle = [...entries].find(([name]) => name.split("/").at(-1) === "data.pkl");
  if (!pickle) {
    throw new InputError(`Cannot read ${path}: it has no data.pkl, want a file of torch.save`);
  }
  const [pickleName, { end, start }] = pickle;
  if (end - start > PICKLE_BYTES_MAX) {
    throw new InputError(`Cannot read ${path}: its data.pkl has ${end - start} bytes`);
  }
  const root = pickleName.slice(0, -"data.pkl".length);
  const order = entries.get(`${root}byteorder`);
  if (order && order.end - order.start > 16) {
    throw new CorruptFileError(`Cannot read ${path}: its byteorder is too long`);
  }
  if (
    order && new TextDecoder().decode(await files.read(path, order.start, order.end)) !== "little"
  ) {
    throw new InputError(`Cannot read ${path}: its numbers are big-endian`);
  }
  const value = unpickle(await files.read(path, start, end), (name) => ALLOWED.has(name), path);
  const tensors = new Map<string, TorchTensor>();
  collect(value, "", 0, { path, root, entries, tensors, visits: 0 });
  return tensors;
}

interface Context {
  readonly path: string;
  readonly root: string;
  readonly entries: ReadonlyMap<string, ZipEntry>;
  readonly tensors: Map<string, TorchTensor>;
  visits: number;
}

function collect(value: unknown, name: string, depth: number, context: Context): void {
  // Maps may hold one another many times over: what is looked at is bounded, not only how deep.
  if (++context.visits > VISITS_MAX) {
    throw new InputError(
      `Cannot read ${context.path}: its pickle has more than ${VISITS_MAX} entries`,
    );
  }
  if (value instanceof Map && depth < DEPTH_MAX) {
    for (const [key, inner] of value) {
      if (typeof key !== "string" && typeof key !== "number") continue;
      collect(inner, name === "" ? String(key) : `${name}.${key}`, depth + 1, context);
    }
  } else if (value instanceof PickleCall) {
    const tensor = tensorOf(value, name, context);
    if (tensor) context.tensors.set(name, tensor);
  }
}

function tensorOf(call: PickleCall, name: string, context: Context): TorchTensor | undefined {
  if (call.name === REBUILD_PARAMETER) {
    const [inner] = call.args;
    return inner instanceof PickleCall && inner.name === REBUILD
      ? tensorOf(inner, name, context)
      : undefined;
  }
  if (call.name !== REBUILD) return undefined;
  const [storage, offset, dims, strides] = call.args;
  const fail = (what: string) =>
    new CorruptFileError(`Cannot read ${context.path}: tensor "${name.slice(0, 100)}" ${what}`);
  if (!(storage instanceof PersistentId) || !Array.isArray(storage.value)) {
    throw fail("has no storage");
  }
  const [kind, type, key] = storage.value;
  if (kind !== "storage" || !(type instanceof PickleGlobal) || !STORAGES[type.name]) {
    throw fail("has a storage of an unknown type");
  }
  if (!isSizes(dims) || !isSizes(strides) || !isSizes([offset]) || dims.length !== strides.length) {
    throw fail("has no shape");
  }
  if (!inOrder(dims, strides)) {
    throw new InputError(
      `Cannot read ${context.path}: the elements of tensor "${
        name.slice(0, 100)
      }" do not lie in order; save a contiguous copy`,
    );
  }
  const entry = context.entries.get(`${context.root}data/${key}`);
  if (!entry) throw fail(`has its elements in data/${String(key).slice(0, 40)}, which is missing`);
  const element = STORAGES[type.name];
  const start = entry.start + Number(offset) * ELEMENT_BYTES[element];
  if (start + elementCount(dims) * ELEMENT_BYTES[element] > entry.end) {
    throw fail("is longer than its storage");
  }
  return { type: element, dims, start };
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.length <= 16 &&
    value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

/** Whether strides are those of a row-major tensor. */
function inOrder(dims: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = dims.length - 1; axis >= 0; axis--) {
    if (dims[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= dims[axis];
  }
  return true;
}
