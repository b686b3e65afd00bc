import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { readTextFile, UnusableTextError } from "./read_text_file.ts";

/**
 * Reads files as tokens, each document followed by end-of-text; see {@linkcode readTextFile}.
 *
 * @throws UnusableTextError if a file cannot be read, is empty, or is not text.
 */
export async function readTexts(
  paths: readonly string[],
  tokenizer: Tokenizer,
): Promise<Uint32Array<ArrayBuffer>> {
  const parts: Uint32Array[] = [];
  for (const path of paths) {
    for (const part of await readFileTokens(path, tokenizer)) parts.push(part);
  }
  const tokens = new Uint32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    tokens.set(part, at);
    at += part.length;
  }
  return tokens;
}

async function readFileTokens(path: string, tokenizer: Tokenizer): Promise<Uint32Array[]> {
  const content = await readTextFile(path);
  if (!Array.isArray(content)) return [checkIds(path, content, tokenizer)];
  const end = Uint32Array.of(tokenizer.endOfText);
  return content.flatMap((document) => [
    checkIds(path, Uint32Array.from(tokenizer.encode(document)), tokenizer),
    end,
  ]);
}

function checkIds(path: string, tokens: Uint32Array, { vocabularySize }: Tokenizer): Uint32Array {
  const wrong = tokens.find((id) => id >= vocabularySize);
  if (wrong !== undefined) {
    throw new UnusableTextError(
      `Cannot use text ${path}: it holds token ${wrong}, want less than ${vocabularySize}`,
    );
  }
  return tokens;
}
