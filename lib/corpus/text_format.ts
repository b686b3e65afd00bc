/** Format in which a file stores its documents. */
export type TextFormat = "text" | "lines" | "list" | "shard";

/** Signatures of files that are not text. */
const SIGNATURES: readonly (readonly [beginning: string, what: string])[] = [
  ["PAR1", "a Parquet file"],
  ["ARROW1", "an Arrow file"],
  ["\x1f\x8b", "a gzip archive"],
  ["(\xb5/\xfd", "a Zstandard archive"],
  ["BZh", "a bzip2 archive"],
  ["\xfd7zXZ", "an xz archive"],
  ["PK\x03\x04", "a zip archive"],
  ["SQLite format 3", "an SQLite database"],
  ["%PDF-", "a PDF document"],
  ["\x89HDF", "an HDF5 file"],
  ["\x89PNG", "a PNG image"],
  ["\x7fELF", "an executable"],
  ["\x80\x02", "a Python pickle"],
  ["\x80\x03", "a Python pickle"],
  ["\x80\x04", "a Python pickle"],
  ["\x80\x05", "a Python pickle"],
  ["\xff\xfe", "text in UTF-16"],
  ["\xfe\xff", "text in UTF-16"],
];

/** File extensions of formats that are not meant to be trained on as text. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  csv: "a CSV table",
  tsv: "a TSV table",
  bin: "raw binary data",
  parquet: "a Parquet file",
  arrow: "an Arrow file",
  safetensors: "a safetensors file",
  pt: "a PyTorch file",
  gz: "a gzip archive",
  zst: "a Zstandard archive",
  zip: "a zip archive",
};

const NPY = "\x93NUMPY";
/** Number of leading bytes that are inspected. */
const HEAD_BYTES = 65_536;
/** Share of control characters above which a file is not text. */
const CONTROLS_MAX = 0.01;

/**
 * Detects the format of a text file from its content, and from its name in any case where the content is
 * ambiguous.
 *
 * @throws RangeError naming what the file looks like, if it is not to be read as text.
 */
export function textFormat(path: string, bytes: Uint8Array): TextFormat {
  const ending = /\.([A-Za-z0-9]+)$/.exec(path)?.[1].toLowerCase() ?? "";
  const head = bytes.subarray(0, HEAD_BYTES);
  const beginning = String.fromCharCode(...head.subarray(0, 16));
  if (beginning.startsWith(NPY) || ending === "npy") return "shard";
  const signature = SIGNATURES.find(([mark]) => beginning.startsWith(mark))?.[1];
  const what = signature ?? OTHER_NAMES[ending] ?? binaryLooks(head);
  if (what !== undefined) throw new RangeError(`it looks like ${what}`);
  if (ending === "jsonl" || ending === "ndjson" || holdsTextLine(head)) return "lines";
  return ending === "json" ? "list" : "text";
}

/** Describes what non-text bytes look like; undefined for text. */
function binaryLooks(head: Uint8Array): string | undefined {
  const zero = head.indexOf(0);
  if (zero >= 0) {
    return `raw binary data, such as token ids without the header of a .npy file: byte ${zero} is 0`;
  }
  let controls = 0;
  for (const byte of head) {
    if (byte === 0x7f || (byte < 0x20 && !(byte >= 0x08 && byte <= 0x0d) && byte !== 0x1b)) {
      controls++;
    }
  }
  return controls > CONTROLS_MAX * head.length
    ? `raw binary data: ${controls} of its first ${head.length} bytes are control characters`
    : undefined;
}

/** Reports whether the first line is an object with a text, as in `.jsonl` files. */
function holdsTextLine(head: Uint8Array): boolean {
  const text = new TextDecoder().decode(head).trimStart();
  if (!text.startsWith("{")) return false;
  try {
    return typeof JSON.parse(text.split("\n")[0]).text === "string";
  } catch {
    return false;
  }
}
