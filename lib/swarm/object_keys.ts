/** Names of the objects in a peer's bucket; they sort by window. */
export const objectKeys = {
  /** Compressed pseudo-gradient of a window. */
  submission: (window: number, uid: number): string => `submission/${padded(window)}/${uid}.covey`,
  /** Signed manifest of a submission. */
  manifest: (window: number, uid: number): string => `manifest/${padded(window)}/${uid}.json`,
  /** Digest of the state after a window's outer step, signed. */
  digest: (window: number, uid: number): string => `digest/${padded(window)}/${uid}.json`,
};

function padded(window: number): string {
  return String(window).padStart(8, "0");
}
