/** Kinds of columns whose values are as the file stores them. */
const STORED = ["Value", "ClassLabel", "List", "LargeList", "Sequence", "Translation", "Json"]
  .concat(["TranslationVariableLanguages", "Array2D", "Array3D", "Array4D", "Array5D"]);
/** Kinds that are decoded, unless a column says that they are not. */
const MEDIA = ["Image", "Audio", "Video", "Pdf", "Nifti"];
const DEPTH_MAX = 100;

/**
 * Checks the columns that Hugging Face's datasets notes in the files it writes.
 *
 * @param json The note; undefined where there is none.
 * @throws RangeError when a column is decoded, as pictures and sound are, or is of a kind that is not known.
 */
export function checkFeatures(json: string | undefined): void {
  if (json === undefined) return;
  let note: { info?: { features?: unknown } } | null;
  try {
    note = JSON.parse(json);
  } catch (cause) {
    throw new RangeError("its note on features (huggingface) is no JSON", { cause });
  }
  checkKinds(note?.info?.features, 0);
}

function checkKinds(feature: unknown, depth: number): void {
  if (depth > DEPTH_MAX) {
    throw new RangeError(`its features are nested more than ${DEPTH_MAX} deep`);
  }
  if (typeof feature !== "object" || feature === null) return;
  const { _type: kind, decode } = feature as { _type?: unknown; decode?: unknown };
  if (typeof kind === "string") {
    const isMedia = MEDIA.includes(kind);
    if (isMedia && decode === false) return;
    if (isMedia || !STORED.includes(kind)) {
      throw new RangeError(
        `it has a column of the kind ${kind.slice(0, 40)}, which is not offered`,
      );
    }
  }
  for (const inner of Object.values(feature)) checkKinds(inner, depth + 1);
}
