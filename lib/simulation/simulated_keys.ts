import { createHash } from "node:crypto";
import type { Keypair, VerifySignature } from "../chain/keypair.ts";

/** Creates a key with cheap, forgeable signatures; simulated adversaries do not forge any. */
export function simulatedKeypair(name: string): Keypair {
  const hotkey = createHash("sha256").update(name).digest("hex");
  return { hotkey, sign: (message) => signature(hotkey, message) };
}

/** Checks signatures of simulated keys. */
export const verifySimulated: VerifySignature = (hotkey, message, signed) =>
  signature(hotkey, message).every((byte, i) => byte === signed[i]);

function signature(hotkey: string, message: Uint8Array): Uint8Array {
  return new Uint8Array(createHash("sha512").update(hotkey).update(message).digest());
}
