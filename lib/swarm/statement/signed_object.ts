import * as v from "valibot";
import { type Bucket, ObjectNotFoundError, ObjectTooLargeError } from "../../bucket/bucket.ts";
import type { Registration } from "../../chain/chain.ts";
import type { Keypair, VerifySignature } from "../../chain/keypair.ts";
import { canonicalJson } from "./canonical_json.ts";

/** A kind of statement: its name, content and location. */
export interface StatementKind<Content> {
  /** Name; part of the signed message, so that a statement cannot pass for one of another kind. */
  readonly name: string;
  /** Schema of the content. */
  readonly schema: v.GenericSchema<Content>;
  /** Returns the key of the object. */
  readonly key: (window: number, uid: number) => string;
  /** Maximum length of an object, bytes; longer ones are not read. */
  readonly bytesMax: number;
}

/** Run and window that a statement is about. */
export interface StatementAbout {
  /** Run id. */
  readonly run: string;
  /** Window. */
  readonly window: number;
}

/** A valid statement and the time at which the store received it. */
export interface Statement<Content> {
  /** Content of the statement. */
  readonly content: Content;
  /** When the store received it, milliseconds since 1970. */
  readonly modifiedMs: number;
  /** Text of the object, for later verification. */
  readonly text: string;
}

const SIGNATURE = v.pipe(v.string(), v.regex(/^[0-9a-f]{128}$/));

/** Writes a node's signed statement on a window to its bucket. */
export async function publishStatement<Content>(
  bucket: Bucket,
  kind: StatementKind<Content>,
  about: StatementAbout & { readonly uid: number },
  content: Content,
  keypair: Keypair,
): Promise<void> {
  const signature = keypair.sign(message(kind, about, content)).toHex();
  const text = JSON.stringify({ content, signature });
  await bucket.put(kind.key(about.window, about.uid), new TextEncoder().encode(text));
}

/**
 * Reads a node's statement; undefined if there is none validly signed by its key.
 *
 * @throws BucketUnavailableError
 */
export async function readStatement<Content>(
  bucket: Bucket,
  kind: StatementKind<Content>,
  about: StatementAbout,
  { uid, hotkey }: Registration,
  verify: VerifySignature,
  signal?: AbortSignal,
): Promise<Statement<Content> | undefined> {
  let found: Awaited<ReturnType<Bucket["get"]>>;
  try {
    found = await bucket.get(kind.key(about.window, uid), { bytesMax: kind.bytesMax, signal });
  } catch (cause) {
    if (cause instanceof ObjectNotFoundError || cause instanceof ObjectTooLargeError) {
      return undefined;
    }
    throw cause;
  }
  const text = new TextDecoder().decode(found.bytes);
  const content = parseStatement(text, kind, about, { uid, hotkey }, verify);
  return content && { content, modifiedMs: found.info.modifiedMs, text };
}

/** Parses the text of a statement; undefined if it is not one validly signed by the node's key. */
export function parseStatement<Content>(
  text: string,
  kind: StatementKind<Content>,
  about: StatementAbout,
  { uid, hotkey }: Pick<Registration, "uid" | "hotkey">,
  verify: VerifySignature,
): Content | undefined {
  const schema = v.strictObject({ content: kind.schema, signature: SIGNATURE });
  const result = v.safeParse(schema, parseJson(text));
  if (!result.success) return undefined;
  const { content, signature } = result.output;
  const signed = message(kind, { ...about, uid }, content);
  return verify(hotkey, signed, Uint8Array.fromHex(signature)) ? content : undefined;
}

function message<Content>(
  { name }: StatementKind<Content>,
  { run, window, uid }: StatementAbout & { readonly uid: number },
  content: Content,
): Uint8Array {
  const lines = [`covey ${name} 1`, run, window, uid, canonicalJson(content)];
  return new TextEncoder().encode(lines.join("\n"));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
