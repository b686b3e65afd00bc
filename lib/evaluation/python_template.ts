import { Environment, Interpreter, parse, tokenize } from "@huggingface/jinja";
import { type JinjaValue, PYTHON_TEXT, pythonEquals, pythonText } from "./python_value.ts";

type Node = NonNullable<Parameters<Interpreter["evaluate"]>[0]>;
type Value = ReturnType<Interpreter["evaluate"]>;
/** A node with whatever fields it has. */
type Fields = Node & Record<string, unknown>;

/** How a template is read. */
export interface TemplateOptions {
  /** Whether white space around blocks goes, as transformers reads chat templates. */
  readonly trimsBlocks: boolean;
}

/** Longest template, characters, and its longest white space. */
const LENGTH_MAX = 100_000;
const SPACE_MAX = 1000;
/** What one rendering may do: values computed, and numbers counted to by ranges. */
const STEPS_MAX = 2_000_000;
const COUNT_MAX = 100_000;
const CHARACTERS_PER_STEP = 100;
const CONSTANTS = { true: true, True: true, false: false, False: false, none: null, None: null };
/** Statements; all else is printed. */
const STATEMENTS = new Set(["Set", "If", "For", "Macro", "CallStatement", "FilterStatement"]
  .concat(["Break", "Continue", "Comment", "Program"]));
const BODIES = ["body", "alternate", "defaultBlock"];

/**
 * A Jinja template that is rendered as Python's jinja2 renders it: the interpreter is Hugging Face's, and what
 * it does in JavaScript's manner is done in Python's here (printing, equality, stripping, scopes of loops,
 * attributes of what is not there). Templates are strangers' programs: what they compute is bounded.
 */
export class PythonTemplate {
  /** Tokens of the source. */
  readonly tokens: ReturnType<typeof tokenize>;
  readonly #program: Node;

  /** @throws Error saying what is wrong with it. */
  constructor(source: string, { trimsBlocks }: TemplateOptions) {
    if (source.length > LENGTH_MAX) {
      throw new RangeError(`it has ${source.length} characters, want at most ${LENGTH_MAX}`);
    }
    if (new RegExp(`\\s{${SPACE_MAX}}`).test(source)) {
      throw new RangeError(`it has more than ${SPACE_MAX} spaces in one place`);
    }
    const text = source.replace(/\r\n?/g, "\n");
    this.tokens = trimsBlocks
      ? tokenize(text, { lstrip_blocks: true, trim_blocks: true })
      : tokenize(`${text}\n`, {}); // the last newline is taken away, and is to stay
    const program = parse([...this.tokens]);
    this.#program = inBlocks(program as unknown as Fields, program.constructor as BlockMaker);
  }

  /**
   * Renders the template.
   *
   * @param names What it may use: plain values, and functions of plain values.
   * @param sizeMax Longest text and largest list that may come up.
   * @throws Error saying why it cannot be rendered.
   */
  render(names: Readonly<Record<string, unknown>>, sizeMax: number): string {
    const environment = new Environment();
    const all = { ...CONSTANTS, range: boundedRange(), ...names };
    for (const [name, value] of Object.entries(all)) environment.set(name, value);
    const interpreter = new PythonInterpreter(environment, sizeMax);
    return interpreter.evaluate(this.#program, environment).value as string;
  }
}

type BlockMaker = new (body: Node[]) => Fields;

/** Makes one node of the statements that stand together, which are then run by ourselves. */
function inBlocks(node: Fields, Block: BlockMaker): Node {
  for (const key of BODIES) {
    const statements = node[key];
    if (!Array.isArray(statements) || statements.length === 0) continue;
    const inner = statements.map((each) => inBlocks(each, Block));
    if (node.type === "Program") node[key] = inner;
    else {
      const isLoop = node.type === "For" && key === "body";
      node[key] = [Object.assign(new Block(inner), { isLoop })];
    }
  }
  return node;
}

/** `break` and `continue`, with what the iteration had written before. */
class LoopSignal extends Error {
  constructor(readonly kind: string, public text = "") {
    super(`${kind.toLowerCase()} outside of a loop`);
  }
}

class PythonInterpreter extends Interpreter {
  #steps = 0;
  readonly #weights = new WeakMap<object, number>();
  /** Scopes of loops that were broken off. */
  readonly #ended = new WeakSet<Environment>();

  constructor(environment: Environment, readonly sizeMax: number) {
    super(environment);
  }

  override evaluate(node: Node | undefined, environment: Environment): Value {
    if (!node) return super.evaluate(node, environment);
    const own = OWN[node.type] as Evaluation | undefined;
    const value = own?.call(this, node as Fields, environment) ?? super.evaluate(node, environment);
    this.spend(1);
    if (this.#weigh(value) <= this.sizeMax) return value;
    throw new RangeError(`what it computes is larger than ${this.sizeMax}`);
  }

  /** Counts what is done, about a microsecond each. */
  spend(steps: number): void {
    this.#steps += steps;
    if (this.#steps > STEPS_MAX) throw new RangeError("it takes too long");
  }

  /** A plain value as the interpreter has it. */
  plain(value: unknown): Value {
    return new Environment().set("value", value);
  }

  /** The same node, one part of which is known already. */
  with(node: Fields, key: string, part: unknown, environment: Environment): Value {
    return super.evaluate({ ...node, [key]: part } as unknown as Node, environment);
  }

  /** Runs statements one after the other; the body of a loop has a scope of its own each time. */
  block({ body, isLoop }: Fields, environment: Environment): Value {
    let text = "";
    if (isLoop && this.#ended.has(environment)) return this.plain(text);
    const scope = isLoop ? new Environment(environment) : environment;
    for (const statement of body as Node[]) {
      try {
        const value = this.evaluate(statement, scope);
        const isStatement = STATEMENTS.has(statement.type);
        text += isStatement && value.type !== "StringValue" ? "" : pythonText(value as JinjaValue);
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

  #weigh({ type, value }: Value): number {
    if (type === "StringValue") {
      this.spend((value as string).length / CHARACTERS_PER_STEP);
      return (value as string).length;
    }
    const items = Array.isArray(value) ? value : value instanceof Map ? [...value.values()] : [];
    if (items.length === 0 || type === "NamespaceValue") return 1;
    const known = this.#weights.get(value as object);
    if (known !== undefined) return known;
    this.spend(items.length);
    const weight = items.reduce((sum, item) => sum + this.#weigh(item), 1);
    this.#weights.set(value as object, weight);
    return weight;
  }
}

type Evaluation = (
  this: PythonInterpreter,
  node: Fields,
  environment: Environment,
) => Value | undefined;

/** What a node is called in messages. */
function nameOf({ object, property, type, value }: Fields): string {
  if (type === "MemberExpression") {
    return `${nameOf(object as Fields)}.${nameOf(property as Fields)}`;
  }
  return typeof value === "string" || typeof value === "number" ? String(value) : "something";
}

/** Letters of a text that has some which are two units in JavaScript and one in Python. */
function lettersOf({ type, value }: Value): string[] | undefined {
  const text = type === "StringValue" ? value as string : "";
  return /[\ud800-\udfff]/.test(text) ? [...text] : undefined;
}

/** A part of a node whose value is there already. */
function known(value: Value) {
  return { type: "Known", value };
}

/** Nodes that are evaluated in Python's manner; undefined leaves them to the interpreter. */
const OWN: Readonly<Record<string, Evaluation>> = {
  Program(node, environment) {
    return this.block(node, environment);
  },
  Known: ({ value }) => value as Value,
  Break: () => {
    throw new LoopSignal("Break");
  },
  Continue: () => {
    throw new LoopSignal("Continue");
  },
  For(node, environment) {
    const iterable = node.iterable as Fields;
    const isFiltered = iterable.type === "SelectExpression";
    const items = this.evaluate((isFiltered ? iterable.lhs : iterable) as Node, environment);
    const { value } = items;
    this.spend(Array.isArray(value) ? value.length : 1);
    const part = isFiltered ? { ...iterable, lhs: known(items) } : known(items);
    return this.with(node, "iterable", part, environment);
  },
  MemberExpression(node, environment) {
    const object = this.evaluate(node.object as Node, environment);
    if (object.type === "UndefinedValue") {
      throw new TypeError(`${nameOf(node.object as Fields)} is not defined`);
    }
    const letters = node.computed ? lettersOf(object) : undefined;
    const whole = letters ? this.plain(letters) : object;
    const part = this.with(node, "object", known(whole), environment);
    if (!letters || !Array.isArray(part.value)) return part;
    return this.plain(part.value.map(({ value }) => value).join(""));
  },
  CallExpression(node, environment) {
    const callee = node.callee as Fields;
    const called = () => {
      const found = this.evaluate(callee, environment);
      if (found.type === "FunctionValue") {
        return this.with(node, "callee", known(found), environment);
      }
      throw new TypeError(`${nameOf(callee)}() is not known here`);
    };
    const { value: name } = callee.property as { value?: string } ?? {};
    const isMethod = callee.type === "MemberExpression" && !callee.computed;
    if (!isMethod || !Object.hasOwn(PYTHON_TEXT, name!)) return called();
    const object = this.evaluate(callee.object as Node, environment);
    if (object.type !== "StringValue") {
      return this.with(node, "callee", { ...callee, object: known(object) }, environment);
    }
    const [given] = (node.args as Node[]).map((each) => this.evaluate(each, environment));
    const characters = given?.type === "StringValue" ? given.value as string : undefined;
    return this.plain(PYTHON_TEXT[name!](object.value as string, characters));
  },
  FilterExpression(node, environment) {
    const { type, value: name } = node.filter as { type: string; value: string };
    const operand = this.evaluate(node.operand as Node, environment);
    const letters = name === "length" ? lettersOf(operand) : undefined;
    if (letters) return this.plain(letters.length);
    const isOwn = type === "Identifier" && Object.hasOwn(PYTHON_TEXT, name);
    if (!isOwn || operand.type !== "StringValue") {
      return this.with(node, "operand", known(operand), environment);
    }
    return this.plain(PYTHON_TEXT[name](operand.value as string));
  },
  BinaryExpression(node, environment) {
    const { value: operator } = node.operator as { value: string };
    if (!["==", "!=", "~", "%"].includes(operator)) return undefined;
    const [left, right] = [node.left, node.right]
      .map((each) => this.evaluate(each as Node, environment));
    switch (operator) {
      case "~":
        return this.plain(pythonText(left as JinjaValue) + pythonText(right as JinjaValue));
      case "%": {
        const [a, b] = [left.value, right.value];
        const isWhole = left.type === "IntegerValue" && right.type === "IntegerValue" && b !== 0;
        if (!isWhole) throw new TypeError("only whole numbers are divided by %");
        return this.plain(
          (a as number) - (b as number) * Math.floor((a as number) / (b as number)),
        );
      }
      default:
        return this.plain(
          pythonEquals(left as JinjaValue, right as JinjaValue) === (operator === "=="),
        );
    }
  },
};

/** Python's `range`, which gives only so many numbers. */
function boundedRange(): (...args: unknown[]) => number[] {
  let left = COUNT_MAX;
  return (...args) => {
    const numbers = args.filter((arg) => typeof arg === "number");
    const [start, end, step] = numbers.length > 1 ? numbers : [0, numbers[0]];
    const stride = step ?? 1;
    const count = Math.max(Math.ceil((end - start) / stride), 0);
    left -= count;
    if (!(left >= 0)) throw new RangeError(`range(${numbers}) counts too far`);
    return Array.from({ length: count }, (_, i) => start + i * stride);
  };
}
