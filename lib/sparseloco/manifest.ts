import * as v from "valibot";
import { RefusedError } from "./refusal.ts";
import { describeIssue } from "../input/describe_issue.ts";

/** Signed description of a peer's submission for a window. */
export interface Manifest {
  /** Run id, 64 hexadecimal digits. */
  run: string;
  /** Window in which the peer trained. */
  window: number;
  /** Number of the peer. */
  uid: number;
  /** Length of the submission in bytes. */
  bytes: number;
  /** SHA-256 of the submission, 64 hexadecimal digits. */
  sha256: string;
  /** BLAKE2b-16 of the ids of the samples assigned, 32 hexadecimal digits. */
  sampleDigest: string;
  /** Number of samples assigned. */
  sampleCount: number;
}

/** Maximum size of a manifest object in bytes. */
export const MANIFEST_BYTES_MAX = 4096;

const hex = (digits: number) => v.pipe(v.string(), v.regex(new RegExp(`^[0-9a-f]{${digits}}$`)));
const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const SIGNED = v.strictObject({
  manifest: v.strictObject({
    run: hex(64),
    window: whole,
    uid: whole,
    bytes: whole,
    sha256: hex(64),
    sampleDigest: hex(32),
    sampleCount: whole,
  }),
  signature: hex(128),
});

/** Signs a message; returns 64 bytes. */
export type Sign = (message: Uint8Array) => Uint8Array;

/** Reports whether 64 signature bytes match a message; false for wrong ones, never throws. */
export type Verify = (message: Uint8Array, signature: Uint8Array) => boolean;

/** Returns the bytes to sign: a tag and the fields in {@linkcode Manifest} order, one per line. */
export function manifestMessage(manifest: Manifest): Uint8Array {
  const { run, window, uid, bytes, sha256, sampleDigest, sampleCount } = manifest;
  const lines = ["covey manifest 1", run, window, uid, bytes, sha256, sampleDigest, sampleCount];
  return new TextEncoder().encode(lines.join("\n"));
}

/** Signs a manifest and returns the bytes of its object, JSON. */
export function encodeManifest(manifest: Manifest, sign: Sign): Uint8Array<ArrayBuffer> {
  const signature = sign(manifestMessage(manifest)).toHex();
  return new TextEncoder().encode(JSON.stringify({ manifest, signature }));
}

/**
 * Reads a manifest object and checks its signature.
 *
 * @throws RefusedError `malformed-manifest` or `wrong-signature`.
 */
export function decodeManifest(bytes: Uint8Array, verify: Verify): Manifest {
  const refuse = (detail: string): never => {
    throw new RefusedError("malformed-manifest", detail);
  };
  if (bytes.length > MANIFEST_BYTES_MAX) {
    refuse(`${bytes.length} bytes, want at most ${MANIFEST_BYTES_MAX}`);
  }
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    refuse("not JSON");
  }
  const result = v.safeParse(SIGNED, json);
  if (!result.success) return refuse(describeIssue(result.issues));
  const { manifest, signature } = result.output;
  const valid = verify(manifestMessage(manifest), Uint8Array.fromHex(signature));
  if (!valid) throw new RefusedError("wrong-signature", `for uid ${manifest.uid}`);
  return manifest;
}
