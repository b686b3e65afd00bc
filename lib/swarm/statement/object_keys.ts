/** Object keys in a node's bucket; they sort by window. */
export const objectKeys = {
  /** Compressed pseudo-gradient of a window. */
  submission: (window: number, uid: number): string => `submission/${padded(window)}/${uid}.covey`,
  /** Signed manifest of a submission: the peer's commitment to its bytes. */
  manifest: (window: number, uid: number): string => `manifest/${padded(window)}/${uid}.json`,
  /** State statement of a node after a window's outer step. */
  state: (window: number, uid: number): string => `state/${padded(window)}/${uid}.json`,
  /** Validator's verdict on the submissions that count. */
  verdict: (window: number, uid: number): string => `verdict/${padded(window)}/${uid}.json`,
  /** Validator's record of its observations and the resulting scores. */
  record: (window: number, uid: number): string => `record/${padded(window)}/${uid}.json`,
  /** Validator's copy of an examined submission. */
  relayed: (window: number, uid: number): string => `relay/${padded(window)}/${uid}.covey`,
  /** Validator's copy of that submission's manifest. */
  relayedManifest: (window: number, uid: number): string => `relay/${padded(window)}/${uid}.json`,
};

/** Folders of a bucket whose objects belong to windows. */
export const WINDOW_FOLDERS = ["submission", "manifest", "state", "verdict", "record", "relay"];

/** Returns the key prefix of a folder's objects of one window. */
export function windowPrefix(folder: string, window: number): string {
  return `${folder}/${padded(window)}/`;
}

function padded(window: number): string {
  return String(window).padStart(8, "0");
}
