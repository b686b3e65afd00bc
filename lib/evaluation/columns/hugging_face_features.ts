/** Column kinds whose values are used as stored. */
const STORED = ["Value", "ClassLabel", "List", "LargeList", "Sequence", "Translation", "Json"]
  .concat(["TranslationVariableLanguages", "Array2D", "Array3D", "Array4D", "Array5D"]);
/** Column kinds that are decoded unless the column disables it. */
const MEDIA = ["Image", "Audio", "Video", "Pdf", "Nifti"];
const DEPTH_MAX = 100;

/**
 * Checks the column features that Hugging Face's datasets records in the files it writes.
 *
 * @param json The recorded features; undefined if the file has none.
 * @throws RangeError if a column needs decoding, such as images and audio, or is of an unknown kind.
 */
export function checkFeatures(json: string | undefined): void {
  if (json === undefined) return;
  let note: { info?: { features?: unknown } } | null;
  try {
    note = JSON.parse(json);
  } catch (cause) {
    throw new RangeError("its features metadata (huggingface) is not JSON", { cause });
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
        `it has a column of kind ${kind.slice(0, 40)}, which is not supported`,
      );
    }
  }
  for (const inner of Object.values(feature)) checkKinds(inner, depth + 1);
}
