import { CorruptFileError } from "../../file/corrupt_file_error.ts";
import { InputError } from "../../input/input_error.ts";
import { llamaParameters } from "../../llama/model/parameters.ts";
import { parseLlamaConfig } from "../../llama/model/parse_llama_config.ts";
import { elementCount } from "../../tensor/dims.ts";
import { FileReader } from "../file_reader.ts";
import { permuteRotaryRows } from "../permute_rotary_rows.ts";
import type { Release } from "../release.ts";
import type { SourceTensor } from "../source_tensor.ts";
import {
  HEADER_BYTES,
  LLAMA2C_MAGIC,
  llama2cLayout,
  type Llama2cVersion,
} from "./llama2c_layout.ts";

/** Numbers of a header, in its order. */
interface Llama2cHeader {
  readonly version: Llama2cVersion;
  /** dim, hidden_dim, n_layers, n_heads, n_kv_heads, vocab_size, max_seq_len. */
  readonly sizes: readonly number[];
  readonly tied: boolean;
}

/** Reports whether a file begins as one of version 1 or 2, or its first numbers may be sizes of version 0. */
export function beginsAsLlama2c(head: Uint8Array): boolean {
  if (head.length < 16) return false;
  const view = new DataView(head.buffer, head.byteOffset);
  if (view.getUint32(0, true) === LLAMA2C_MAGIC) return true;
  const [dim, hidden, layers, heads] = [0, 4, 8, 12].map((at) => view.getInt32(at, true));
  return dim > 0 && dim <= 65536 && hidden > 0 && hidden <= 2 ** 20 && layers > 0 &&
    layers <= 1024 && heads > 0 && heads <= 1024 && dim % heads === 0;
}

/**
 * Opens a `.bin` of llama2.c with float32 weights.
 *
 * @throws CorruptFileError when its length is not what its sizes make, InputError for a quantised one.
 */
export async function openLlama2c(path: string): Promise<Release> {
  const files = new FileReader();
  try {
    const fileBytes = await files.size(path);
    if (fileBytes < 28) {
      throw new CorruptFileError(`Cannot read ${path}: it has ${fileBytes} bytes`);
    }
    const header = parseHeader(path, await files.read(path, 0, Math.min(256, fileBytes)));
    const configJson = configOf(header);
    const config = parseLlamaConfig(configJson);
    const layout = llama2cLayout(config, header.version);
    const starts = new Map<string, number>();
    let at = HEADER_BYTES[header.version];
    for (const { dims, name } of layout) {
      starts.set(name, at);
      at += 4 * elementCount(dims);
    }
    if (at !== fileBytes) {
      throw new CorruptFileError(
        `Cannot read ${path}: it has ${fileBytes} bytes, want ${at} for its sizes`,
      );
    }
    const parameters = llamaParameters(config).map(({ dims, name }): SourceTensor => {
      const start = starts.get(name)!;
      const read = (from: number, to: number) => files.read(path, start + 4 * from, start + 4 * to);
      const source = { name, dims, type: "F32", read };
      const module = /\.(q_proj|k_proj)\./.exec(name)?.[1];
      if (module === undefined) return source;
      const heads = module === "q_proj" ? config.heads : config.keyValueHeads;
      return permuteRotaryRows(source, heads, "halves");
    });
    return {
      format: `llama2.c file, version ${header.version}`,
      config,
      configJson,
      parameters,
      stored: parameters,
      texts: new Map(),
      notes: ["llama2.c keeps its tokenizer in a file of its own: it is left out"],
      close: () => files.close(),
    };
  } catch (cause) {
    await files.close();
    throw cause;
  }
}

function parseHeader(path: string, bytes: Uint8Array): Llama2cHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const numbers = (at: number) =>
    Array.from({ length: 7 }, (_, i) => view.getInt32(at + 4 * i, true));
  if (view.getUint32(0, true) !== LLAMA2C_MAGIC) {
    const sizes = numbers(0);
    const tied = sizes[5] > 0;
    return { version: 0, sizes: sizes.with(5, Math.abs(sizes[5])), tied };
  }
  const version = view.getInt32(4, true);
  if (version !== 1 || bytes.length < 256) {
    throw new InputError(
      `Cannot read ${path}: version ${version} of llama2.c's format, want 0 or 1 (float32)`,
    );
  }
  return { version, sizes: numbers(8), tied: view.getUint8(36) !== 0 };
}

/** What the format leaves open is what llama2.c computes with. */
function configOf({ sizes, tied }: Llama2cHeader): Record<string, unknown> {
  const [dim, hidden, layers, heads, keyValueHeads, vocabulary, positions] = sizes;
  return {
    architectures: ["LlamaForCausalLM"],
    model_type: "llama",
    hidden_act: "silu",
    vocab_size: vocabulary,
    hidden_size: dim,
    intermediate_size: hidden,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: keyValueHeads,
    max_position_embeddings: positions,
    rms_norm_eps: 1e-5,
    rope_theta: 10000,
    tie_word_embeddings: tied,
    bos_token_id: 1,
    eos_token_id: 2,
    torch_dtype: "float32",
  };
}
