import type { JinjaValue } from "./python_value.ts";

/** Variables of a scope, nested in those of its parent. */
export class Scope {
  readonly #variables = new Map<string, JinjaValue>();

  constructor(readonly parent?: Scope) {}

  /** Sets a variable of this scope. */
  set(name: string, value: JinjaValue): void {
    this.#variables.set(name, value);
  }

  /** Returns the innermost variable of a name. */
  get(name: string): JinjaValue | undefined {
    return this.#variables.get(name) ?? this.parent?.get(name);
  }
}
