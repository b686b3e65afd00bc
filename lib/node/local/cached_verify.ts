import { createHash } from "node:crypto";
import type { VerifySignature } from "../../chain/keypair.ts";

/** Maximum number of cached results. */
const ENTRIES_MAX = 4096;

/** Caches verification results: nodes of one process check the same signatures. */
export function cachedVerify(verify: VerifySignature): VerifySignature {
  const known = new Map<string, boolean>();
  return (hotkey, message, signature) => {
    const key = createHash("sha256").update(hotkey).update(signature).update(message).digest("hex");
    const before = known.get(key);
    if (before !== undefined) return before;
    const valid = verify(hotkey, message, signature);
    if (known.size >= ENTRIES_MAX) known.delete(known.keys().next().value!);
    known.set(key, valid);
    return valid;
  };
}
