import { formatFloat } from "./python_text.ts";
import { PythonFloat, PythonObject } from "./python_object.ts";

/**
 * `json.dumps(value, ensure_ascii=False)` of a document, as used in sample files and document hashes.
 *
 * @param indent Spaces per level; if omitted, everything is on one line without spaces.
 */
export function pythonJson(value: unknown, indent?: number, level = 0): string {
  if (value instanceof PythonFloat) return formatFloat(value.value);
  if (value instanceof PythonObject) return JSON.stringify(value.text);
  if (typeof value === "bigint") return String(value);
  if (typeof value === "number") return numberJson(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value ?? null);
  const isList = Array.isArray(value);
  const colon = indent === undefined ? ":" : ": ";
  const parts = isList
    ? value.map((each) => pythonJson(each, indent, level + 1))
    : Object.entries(value).filter(([, each]) => each !== undefined).map(([key, each]) =>
      JSON.stringify(key) + colon + pythonJson(each, indent, level + 1)
    );
  const [open, close] = isList ? "[]" : "{}";
  if (indent === undefined || parts.length === 0) return open + parts.join(",") + close;
  const gap = `\n${" ".repeat(indent * (level + 1))}`;
  return `${open}${gap}${parts.join(`,${gap}`)}\n${" ".repeat(indent * level)}${close}`;
}

function numberJson(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity";
  return Number.isInteger(value) ? String(value) : formatFloat(value);
}
