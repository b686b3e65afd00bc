import { BYTE_CHARACTERS } from "./byte_characters.ts";
import { buildParts, type Part, type PartTable, pattern, text } from "./_parts.ts";

/** Transforms the list of tokens, which is joined to a text after the last step. */
type Step = (tokens: string[]) => string[];

const BYTES = new Map(BYTE_CHARACTERS.map((character, byte) => [character, byte]));
const BYTE_TOKEN = /^<0x([0-9A-Fa-f]{2})>$/;

const TABLE: PartTable<Step> = {
  ByteLevel: () => (tokens) => [
    new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(tokens.flatMap(bytesOf))),
  ],
  ByteFallback: () => byteFallback,
  Fuse: () => (tokens) => [tokens.join("")],
  Metaspace: (part) => {
    const mark = text(part, "replacement", "▁");
    const strips = (part.prepend_scheme ?? "always") !== "never";
    return (tokens) =>
      tokens.map((token, index) => token.replaceAll(mark, index === 0 && strips ? "" : " "));
  },
  Replace: (part) => {
    const [find, content] = [pattern(part), text(part, "content")];
    return (tokens) => tokens.map((token) => token.replace(find, () => content));
  },
  Strip: (part) => {
    const content = text(part, "content");
    const [start, stop] = [Number(part.start ?? 0), Number(part.stop ?? 0)];
    return (tokens) => tokens.map((token) => strip(token, content, start, stop));
  },
};

/**
 * Builds the function that turns tokens back into text.
 *
 * @throws RangeError for an unknown part.
 */
export function decoder(part: Part): (tokens: string[]) => string {
  const steps = buildParts("decoder", "decoders", part, TABLE);
  const between = part === null || part === undefined ? " " : "";
  return (tokens) => steps.reduce((so, step) => step(so), tokens).join(between);
}

/** Returns the bytes of a byte-level token, or the UTF-8 of an added token, which is plain text. */
function bytesOf(token: string): number[] {
  const bytes = Array.from(token, (character) => BYTES.get(character));
  return bytes.every((byte) => byte !== undefined) ? bytes : [...new TextEncoder().encode(token)];
}

function byteFallback(tokens: string[]): string[] {
  const out: string[] = [];
  let bytes: number[] = [];
  const flush = () => {
    if (bytes.length === 0) return;
    try {
      out.push(
        new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes)),
      );
    } catch {
      out.push("\ufffd".repeat(bytes.length));
    }
    bytes = [];
  };
  for (const token of tokens) {
    const byte = token.match(BYTE_TOKEN);
    if (byte) bytes.push(parseInt(byte[1], 16));
    else {
      flush();
      out.push(token);
    }
  }
  flush();
  return out;
}

function strip(token: string, content: string, start: number, stop: number): string {
  let [from, to] = [0, token.length];
  for (let i = 0; i < start && content !== "" && token.startsWith(content, from); i++) {
    from += content.length;
  }
  for (let i = 0; i < stop && content !== "" && token.slice(from, to).endsWith(content); i++) {
    to -= content.length;
  }
  return token.slice(from, to);
}
