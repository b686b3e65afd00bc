import { PythonFloat, PythonObject } from "./python_object.ts";
import { quoted } from "./quoted.ts";
import { formatFloat } from "./python_text.ts";

/** `str(value)` of a document value. */
export function pythonString(value: unknown): string {
  if (value instanceof PythonObject) return value.text;
  return typeof value === "string" ? value : representation(value);
}

/** `repr(value)` */
function representation(value: unknown): string {
  switch (typeof value) {
    case "string":
      return quoted(value);
    case "boolean":
      return value ? "True" : "False";
    case "bigint":
      return String(value);
    case "number":
      return Number.isInteger(value) ? String(BigInt(value)) : formatFloat(value);
    default:
      break;
  }
  if (value === null || value === undefined) return "None";
  if (value instanceof PythonFloat) return formatFloat(value.value);
  if (value instanceof PythonObject) return value.representation;
  if (Array.isArray(value)) return `[${value.map(representation).join(", ")}]`;
  const entries = Object.entries(value).map(([key, each]) =>
    `${quoted(key)}: ${representation(each)}`
  );
  return `{${entries.join(", ")}}`;
}
