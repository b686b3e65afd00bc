import { existsSync } from "node:fs";
import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../input/input_error.ts";
import { openGguf } from "./gguf/open_gguf.ts";
import { openHuggingFace } from "./hugging_face/open_hugging_face.ts";
import { beginsAsLlama2c, openLlama2c } from "./llama2c/open_llama2c.ts";
import { openTorch } from "./torch/open_torch.ts";
import type { Release } from "./release.ts";

/** A format that models come in. */
interface SourceFormat {
  /** Name, for people. */
  readonly name: string;
  /** Reports whether a file begins as one of this format; undefined for directories. */
  readonly begins: (head: Uint8Array) => boolean;
  /** Opens it. */
  readonly open: (path: string) => Promise<Release>;
}

const FILES: readonly SourceFormat[] = [
  { name: "GGUF", begins: (head) => startsWith(head, "GGUF"), open: openGguf },
  { name: "PyTorch", begins: (head) => startsWith(head, "PK\x03\x04"), open: openTorch },
  { name: "llama2.c", begins: beginsAsLlama2c, open: openLlama2c },
];

/** Files of `torch.save` that a directory may have in place of safetensors. */
const TORCH_FILES = ["pytorch_model.bin", "consolidated.00.pth"];

/** Bytes of a file that tell its format. */
const HEAD_BYTES = 16;

/**
 * Opens a model of any format: a Hugging Face directory, a run with one in it, or a file whose format its first
 * bytes tell.
 *
 * @throws InputError when it is none of them.
 */
export async function openRelease(path: string): Promise<Release> {
  const stats = await stat(path).catch((cause: { code?: string }) => {
    if (cause.code !== "ENOENT" && cause.code !== "ENOTDIR") throw cause;
    throw new InputError(`Cannot read ${path}: there is no such file or directory`);
  });
  if (stats.isDirectory()) {
    const torch = TORCH_FILES.find((name) => existsSync(join(path, name)));
    const safe = ["model.safetensors", "model.safetensors.index.json"];
    if (torch !== undefined && !safe.some((name) => existsSync(join(path, name)))) {
      return await openTorch(join(path, torch));
    }
    const found = [path, join(path, "checkpoint")].find((each) =>
      existsSync(join(each, "config.json"))
    );
    if (found !== undefined) return await openHuggingFace(found);
    throw new InputError(`Cannot read ${path}: it has no config.json`);
  }
  const head = await readHead(path);
  const format = FILES.find(({ begins }) => begins(head));
  if (format) return await format.open(path);
  const known = ["a Hugging Face directory", ...FILES.map(({ name }) => `a ${name} file`)];
  throw new InputError(`Cannot read ${path}: it is none of ${known.join(", ")}`);
}

async function readHead(path: string): Promise<Uint8Array> {
  const file = await open(path, "r");
  try {
    const head = new Uint8Array(HEAD_BYTES);
    const { bytesRead } = await file.read(head, 0, HEAD_BYTES, 0);
    return head.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function startsWith(head: Uint8Array, text: string): boolean {
  return head.length >= text.length &&
    [...text].every((character, i) => head[i] === character.charCodeAt(0));
}
