/** White space per Python's `str.isspace`; JavaScript's `\s` differs in six characters. */
const SPACE =
  "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const LEADING = new RegExp(`^[${SPACE}]+`);
const CHARACTER = new RegExp(`^[${SPACE}]$`);
const BETWEEN = new RegExp(`[${SPACE}]+`, "g");

/** `character.isspace()` */
export function isSpace(character: string): boolean {
  return CHARACTER.test(character);
}

/** `str.lstrip()` */
export function stripLeft(text: string): string {
  return text.replace(LEADING, "");
}

/** `str.rstrip()`; not a regex, which would try a match at every space. */
export function stripRight(text: string): string {
  let length = text.length;
  while (length > 0 && isSpace(text[length - 1])) length--;
  return text.slice(0, length);
}

/** `str.strip()` */
export function strip(text: string): string {
  return stripRight(stripLeft(text));
}

/** `re.split(r"\s+", text)` */
export function splitWords(text: string): string[] {
  return text.split(BETWEEN);
}

/** Digraphs; their title case capitalizes only the first of the two letters. */
const PAIRED_LETTERS = [
  "\u01c4\u01c5\u01c6",
  "\u01c7\u01c8\u01c9",
  "\u01ca\u01cb\u01cc",
  "\u01f1\u01f2\u01f3",
];

/** `str.capitalize()`: the first letter in title case, all others in lower case. */
export function capitalize(text: string): string {
  const [first = "", ...rest] = text;
  const paired = PAIRED_LETTERS.find((forms) => first !== "" && forms.includes(first));
  const [large = "", ...behind] = first.toUpperCase();
  const title = paired ? paired[1] : large + behind.join("").toLowerCase();
  return title + rest.join("").toLowerCase();
}

/** `len(str)`: code points. */
export function length(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** `str(float)` */
export function formatFloat(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (Object.is(value, -0)) return "-0.0";
  const [digits, exponent = ""] = value.toString().split("e");
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    const [mantissa, power] = value.toExponential().split("e");
    return `${mantissa}e${power[0]}${power.slice(1).padStart(2, "0")}`;
  }
  if (exponent !== "") return BigInt(value).toString() + ".0";
  return digits.includes(".") ? digits : `${digits}.0`;
}
