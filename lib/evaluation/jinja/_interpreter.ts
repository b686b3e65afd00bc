import { Environment, Interpreter, type parse } from "@huggingface/jinja";
import type { Arguments, Maker } from "./_call.ts";
import { FILTERS } from "./_filters.ts";
import { METHODS } from "./_methods.ts";
import { type Fields, filterName, known, LoopSignal, nameOf, type Node, NODES } from "./_nodes.ts";
import { PythonFloat, PythonObject } from "../columns/python_object.ts";
import { type JinjaValue, OpaqueValue, pythonText, textOf } from "./python_value.ts";

type Value = ReturnType<Interpreter["evaluate"]>;

/** What one rendering may do: about as many microseconds, and numbers counted to by ranges. */
const STEPS_MAX = 2_000_000;
const COUNT_MAX = 100_000;
const CHARACTERS_PER_STEP = 100;
const CONSTANTS = { true: true, True: true, false: false, False: false, none: null, None: null };
/** Statements; all else is printed. */
const STATEMENTS = new Set(["Set", "If", "For", "Macro", "CallStatement", "FilterStatement"]
  .concat(["Break", "Continue", "Comment", "Program"]));
const BODIES = ["body", "alternate", "defaultBlock"];
/** Bodies whose variables are gone behind them. */
const SCOPES = new Set(["For", "Set", "FilterStatement", "CallStatement"]);

/** Whether the body of a loop has a `break` or `continue` of its own. */
function leaves(statements: unknown): boolean {
  return Array.isArray(statements) &&
    statements.some((node: Fields) =>
      node.type === "Break" || node.type === "Continue" ||
      (node.type !== "For" && BODIES.some((key) => leaves(node[key])))
    );
}

/** Makes one node of the statements that stand together, which are then run by ourselves. */
export function inBlocks(program: ReturnType<typeof parse>): Node {
  const Block = program.constructor as new (body: Node[]) => Fields;
  const visit = (node: Fields): Node => {
    for (const key of BODIES) {
      const statements = node[key];
      if (!Array.isArray(statements) || statements.length === 0) continue;
      if (node.type === "For" && key === "defaultBlock" && leaves(node.body)) {
        throw new SyntaxError("a loop with break or continue and else is not known here");
      }
      const inner = statements.map(visit);
      const facts = {
        isLoop: node.type === "For" && key === "body",
        scoped: SCOPES.has(node.type),
      };
      node[key] = node.type === "Program" ? inner : [Object.assign(new Block(inner), facts)];
    }
    return node;
  };
  return visit(program as unknown as Fields);
}

/**
 * Hugging Face's interpreter with Python's rules in all that computes: it walks the tree and binds names, the
 * rest is done here, or refused.
 */
export class PythonInterpreter extends Interpreter implements Maker {
  readonly plainJson: boolean;
  /** The function that gives ranges. */
  readonly range: unknown;
  /** Scope of the whole template. */
  readonly root = new Environment();
  /** Where macros were made: they see what is there, not what is at their call. */
  readonly #homes = new WeakMap<object, Environment>();
  /** Scopes of loops that were broken off. */
  readonly #ended = new WeakSet<Environment>();
  #steps = 0;
  /** What may be missing, since a test or a default asks for it. */
  #asked: Node | undefined;

  constructor(
    names: Readonly<Record<string, unknown>>,
    readonly kind: "chat" | "task",
    readonly sizeMax: number,
  ) {
    super();
    this.plainJson = kind === "task";
    const all = { range: boundedRange(), ...names, ...CONSTANTS };
    for (const [name, value] of Object.entries(all)) {
      this.root.setVariable(name, this.#given(value) as Value);
    }
    this.range = this.root.lookupVariable("range");
  }

  /** What a template writes. */
  text(program: Node): string {
    return textOf(this.evaluate(program, this.root) as JinjaValue)!;
  }

  /** Value of a template that is one expression. */
  value(program: Node): JinjaValue | undefined {
    const [only, ...rest] = ((program as Fields).body as Node[])
      .filter(({ type, value }: Fields | Node & { value?: unknown }) =>
        type !== "StringLiteral" || String(value).trim() !== ""
      );
    if (!only || rest.length > 0 || STATEMENTS.has(only.type)) return undefined;
    return this.evaluate(only, this.root) as JinjaValue;
  }

  override evaluate(node: Node | undefined, environment: Environment): Value {
    if (!node) return this.plain(undefined);
    this.spend(1);
    const own = Object.hasOwn(NODES, node.type) ? NODES[node.type] : undefined;
    const value = own
      ? own.call(this, node as Fields, environment) as Value
      : super.evaluate(node, environment);
    const text = textOf(value as JinjaValue);
    if (text !== undefined) this.room(text.length);
    return value;
  }

  /** See {@linkcode Maker}. */
  readonly spend = (steps: number): void => {
    this.#steps += steps;
    if (this.#steps > STEPS_MAX) throw new RangeError("it takes too long");
  };

  room(length: number): void {
    this.spend(length / CHARACTERS_PER_STEP);
    if (length > this.sizeMax) throw new RangeError(`a text is longer than ${this.sizeMax}`);
  }

  plain(value: string | boolean | null | undefined): Value {
    return new Environment().set("value", value);
  }

  /** A value of a document, inside the interpreter. */
  #given(value: unknown): JinjaValue {
    if (value instanceof PythonFloat) return this.float(value.value) as JinjaValue;
    if (value instanceof PythonObject) return new OpaqueValue(value);
    if (typeof value === "bigint") {
      return new OpaqueValue(new PythonObject(String(value), String(value)));
    }
    if (Array.isArray(value)) {
      const list = new Environment().set("value", []) as JinjaValue;
      for (const each of value) (list.value as JinjaValue[]).push(this.#given(each));
      return list;
    }
    if (typeof value !== "object" || value === null) {
      return new Environment().set("value", value) as JinjaValue;
    }
    const dictionary = new Environment().set("value", {}) as JinjaValue;
    for (const [key, each] of Object.entries(value)) {
      (dictionary.value as Map<string, JinjaValue>).set(key, this.#given(each));
    }
    return dictionary;
  }

  integer(value: number): Value {
    if (!Number.isSafeInteger(value)) throw new RangeError("a whole number is too large");
    return this.#literal("IntegerLiteral", value);
  }

  float(value: number): Value {
    return this.#literal("FloatLiteral", value);
  }

  list(items: readonly JinjaValue[]): Value {
    this.spend(items.length);
    return this.#literal("ArrayLiteral", items.map(known));
  }

  tuple(items: readonly JinjaValue[]): Value {
    return this.#literal("TupleLiteral", items.map(known));
  }

  #literal(type: string, value: unknown): Value {
    return super.evaluate({ type, value } as unknown as Node, this.root);
  }

  /** The same node, some parts of which are known already. */
  with(node: Fields, parts: Record<string, unknown>, environment: Environment): Value {
    return super.evaluate({ ...node, ...parts } as unknown as Node, environment);
  }

  /** Evaluates what may be missing itself, though not what it is a part of. */
  leniently(node: Node, environment: Environment): JinjaValue {
    const before = this.#asked;
    this.#asked = node;
    try {
      return this.evaluate(node, environment) as JinjaValue;
    } finally {
      this.#asked = before;
    }
  }

  /** A value that must be there, in a task. */
  there(value: JinjaValue, node: Fields): JinjaValue {
    if (value.type !== "UndefinedValue" || this.kind === "chat" || node === this.#asked) {
      return value;
    }
    throw new ReferenceError(`${nameOf(node)} is missing`);
  }

  /** Remembers where a macro was made. */
  settle(macro: object, environment: Environment): void {
    this.#homes.set(macro, environment);
  }

  /** Where a function is to be called. */
  homeOf(callee: object, environment: Environment): Environment {
    return this.#homes.get(callee) ?? environment;
  }

  /** Runs statements one after the other. */
  block({ body, isLoop, scoped }: Fields, environment: Environment): Value {
    let text = "";
    if (isLoop && this.#ended.has(environment)) return this.plain(text);
    const scope = scoped ? new Environment(environment) : environment;
    for (const statement of body as Node[]) {
      try {
        const value = this.evaluate(statement, scope) as JinjaValue;
        const isStatement = STATEMENTS.has(statement.type);
        text += isStatement ? textOf(value) ?? "" : pythonText(value, this.spend);
      } catch (cause) {
        if (!(cause instanceof LoopSignal)) throw cause;
        cause.text = text + cause.text;
        if (!isLoop) throw cause;
        if (cause.kind === "Break") this.#ended.add(environment);
        return this.plain(cause.text);
      }
      if (text.length > this.sizeMax) throw new RangeError(`it writes more than ${this.sizeMax}`);
    }
    return this.plain(text);
  }

  /** Arguments of a call, evaluated. */
  argumentsOf(nodes: readonly Fields[], environment: Environment): Arguments {
    const items: JinjaValue[] = [];
    const named = new Map<string, JinjaValue>();
    for (const node of nodes) {
      if (/Spread/.test(node.type)) throw new TypeError("spread arguments are not known here");
      const isNamed = node.type === "KeywordArgumentExpression";
      const value = this.evaluate((isNamed ? node.value : node) as Node, environment) as JinjaValue;
      if (isNamed) named.set((node.key as unknown as { value: string }).value, value);
      else items.push(value);
    }
    return { items, named };
  }

  /** Filters a value; errors say by what. */
  filter(value: JinjaValue, filter: Fields, environment: Environment): JinjaValue {
    const isCall = filter.type === "CallExpression";
    const name = filterName(filter);
    if (!Object.hasOwn(FILTERS, name)) throw new TypeError(`the filter ${name} is not known here`);
    const given = this.argumentsOf(isCall ? filter.args as Fields[] : [], environment);
    return this.#called(`the filter ${name}`, () => FILTERS[name](this, value, given));
  }

  /** Calls a method of a value. */
  method(object: JinjaValue, name: string, args: Fields[], environment: Environment): JinjaValue {
    const methods = METHODS[object.type] ?? {};
    if (!Object.hasOwn(methods, name)) throw new TypeError(`${name}() is not known here`);
    const given = this.argumentsOf(args, environment);
    return this.#called(`${name}()`, () => methods[name](this, object, given));
  }

  #called(what: string, body: () => JinjaValue): JinjaValue {
    try {
      return body();
    } catch (cause) {
      throw new TypeError(`${what} ${(cause as Error).message}`, { cause });
    }
  }
}

/** Python's `range`, which gives only so many numbers. */
function boundedRange(): (...args: unknown[]) => number[] {
  let left = COUNT_MAX;
  return (...args) => {
    const [first, second, step = 1] = args as number[];
    const [start, end] = second === undefined ? [0, first] : [first, second];
    const count = Math.max(Math.ceil((end - start) / step), 0);
    left -= count;
    if (!args.every(Number.isInteger) || !(left >= 0)) {
      throw new RangeError(`range(${args}) counts too far`);
    }
    return Array.from({ length: count }, (_, i) => start + i * step);
  };
}
