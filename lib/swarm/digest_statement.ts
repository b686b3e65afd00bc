import * as v from "valibot";
import type { Bucket } from "../bucket/bucket.ts";
import type { Registration } from "../chain/chain.ts";
import { type Keypair, verifySignature } from "../chain/keypair.ts";
import { objectKeys } from "./object_keys.ts";

/** A peer's signed word on the state it has after a window. */
export interface DigestStatement {
  /** Run id. */
  readonly run: string;
  /** Window whose outer step was taken. */
  readonly window: number;
  /** Peer. */
  readonly uid: number;
  /** Result of `stateDigest`. */
  readonly digest: string;
}

const BYTES_MAX = 1024;
const FILE = v.strictObject({
  digest: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  signature: v.pipe(v.string(), v.regex(/^[0-9a-f]{128}$/)),
});

/** Puts a statement into the peer's bucket. */
export async function publishDigest(
  bucket: Bucket,
  statement: DigestStatement,
  keypair: Keypair,
): Promise<void> {
  const signature = keypair.sign(message(statement)).toHex();
  const text = JSON.stringify({ digest: statement.digest, signature });
  const key = objectKeys.digest(statement.window, statement.uid);
  await bucket.put(key, new TextEncoder().encode(text));
}

/** Reads another peer's statement; undefined where there is none that its key has signed in time. */
export async function readDigest(
  bucket: Bucket,
  { run, window, endMs }: { run: string; window: number; endMs: number },
  { uid, hotkey }: Registration,
): Promise<string | undefined> {
  try {
    const key = objectKeys.digest(window, uid);
    const { bytes, info } = await bucket.get(key, { bytesMax: BYTES_MAX });
    if (info.modifiedMs > endMs) return undefined;
    const { digest, signature } = v.parse(FILE, JSON.parse(new TextDecoder().decode(bytes)));
    const signed = message({ run, window, uid, digest });
    return verifySignature(hotkey, signed, Uint8Array.fromHex(signature)) ? digest : undefined;
  } catch {
    return undefined;
  }
}

function message({ run, window, uid, digest }: DigestStatement): Uint8Array {
  return new TextEncoder().encode(["covey digest 1", run, window, uid, digest].join("\n"));
}
