import { EngineError } from "./engine.ts";

/**
 * Converts a runtime error. `serializeGraph` names nodes `Operator#index[shape][shape]`, so the runtime's
 * own text contains everything needed.
 *
 * @param action Attempted action, such as "run graph".
 */
export function runtimeError(action: string, cause: unknown): EngineError {
  if (cause instanceof EngineError) return cause;
  const text = (cause instanceof Error ? cause.message : String(cause)).replace(/\s+/g, " ").trim();
  const [, operator, shapes] = text.match(/(\w+)#\w+((?:\[[\d,]*\])*)/) ?? [];
  const where = operator ? ` at ${operator}${shapes ? ` of shapes ${shapes}` : ""}` : "";
  const memory = /bad_alloc|allocate memory|out of memory|Failed to allocate/i.test(text);
  return new EngineError(
    `Cannot ${action}${where}: ${memory ? "the device is out of memory: " : ""}${text}`,
    operator,
    shapes,
  );
}
