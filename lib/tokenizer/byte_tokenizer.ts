import { BYTE_CHARACTERS } from "./byte_characters.ts";
import type { Tokenizer } from "./tokenizer.ts";

const END_OF_TEXT = 256;
const END_OF_TEXT_TOKEN = "<|endoftext|>";

/**
 * Returns a tokenizer whose tokens are the UTF-8 bytes and one end-of-document token. It needs no download;
 * its `tokenizer.json` is a byte-level BPE without merges.
 */
export function byteTokenizer(): Tokenizer {
  return {
    vocabularySize: END_OF_TEXT + 1,
    endOfText: END_OF_TEXT,
    endOfTextToken: END_OF_TEXT_TOKEN,
    encode: (text) => new TextEncoder().encode(text),
    decode: (ids) =>
      new TextDecoder("utf-8", { ignoreBOM: true }).decode(
        Uint8Array.from(ids.filter((id) => id < END_OF_TEXT)),
      ),
    json: tokenizerJson(),
  };
}

function tokenizerJson(): string {
  const vocab = Object.fromEntries(BYTE_CHARACTERS.map((character, byte) => [character, byte]));
  const byteLevel = {
    type: "ByteLevel",
    add_prefix_space: false,
    trim_offsets: true,
    use_regex: false,
  };
  return JSON.stringify({
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [{
      id: END_OF_TEXT,
      content: END_OF_TEXT_TOKEN,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    }],
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: byteLevel,
    decoder: byteLevel,
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: { ...vocab, [END_OF_TEXT_TOKEN]: END_OF_TEXT },
      merges: [],
    },
  });
}
