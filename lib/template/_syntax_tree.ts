import { parse, tokenize } from "@huggingface/jinja";

/** A statement or expression of a template, as parsed. */
export type Node = Statement | Expression;

/** A node that is executed, and renders its body. */
export type Statement =
  | { type: "Comment" }
  | { type: "Break" | "Continue" }
  | { type: "If"; test: Expression; body: Node[]; alternate: Node[] }
  | {
    type: "For";
    loopvar: Identifier | Tuple;
    iterable: Expression;
    body: Node[];
    defaultBlock: Node[];
  }
  | { type: "Set"; assignee: Expression; value: Expression | null; body: Node[] }
  | Macro
  | { type: "CallStatement"; call: Call; callerArgs: Parameter[] | null; body: Node[] }
  | { type: "FilterStatement"; filter: Identifier | Call; body: Node[] };

/** A node that has a value. */
export type Expression =
  | Identifier
  | Call
  | Tuple
  | KeywordArgument
  | Member
  | Slice
  | { type: "IntegerLiteral" | "FloatLiteral"; value: number }
  | { type: "StringLiteral"; value: string }
  | { type: "ArrayLiteral"; value: Expression[] }
  | { type: "ObjectLiteral"; value: Map<Expression, Expression> }
  | { type: "BinaryExpression"; operator: { value: string }; left: Expression; right: Expression }
  | { type: "UnaryExpression"; operator: { value: string }; argument: Expression }
  | { type: "FilterExpression"; operand: Expression; filter: Identifier | Call }
  | { type: "SelectExpression"; lhs: Expression; test: Expression }
  | { type: "TestExpression"; operand: Expression; negate: boolean; test: Identifier }
  | { type: "Ternary"; condition: Expression; trueExpr: Expression; falseExpr: Expression }
  | { type: "SpreadExpression" | "KeywordSpreadExpression"; argument: Expression };

/** A name. */
export interface Identifier {
  type: "Identifier";
  value: string;
}

/** `(a, b)` */
export interface Tuple {
  type: "TupleLiteral";
  value: Expression[];
}

/** `callee(args)` */
export interface Call {
  type: "CallExpression";
  callee: Expression;
  args: Expression[];
}

/** `key=value` */
export interface KeywordArgument {
  type: "KeywordArgumentExpression";
  key: Identifier;
  value: Expression;
}

/** `object.property`, or `object[property]` if computed. */
export interface Member {
  type: "MemberExpression";
  object: Expression;
  property: Expression;
  computed: boolean;
}

/** `start:stop:step` */
export interface Slice {
  type: "SliceExpression";
  start: Expression | undefined;
  stop: Expression | undefined;
  step: Expression | undefined;
}

/** A parameter of a macro, with its default if it has one. */
export type Parameter = Identifier | KeywordArgument;

/** `{% macro name(args) %}` */
export interface Macro {
  type: "Macro";
  name: Identifier;
  args: Parameter[];
  body: Node[];
}

/** Types of nodes that are statements. */
const STATEMENTS: ReadonlySet<string> = new Set<Statement["type"]>([
  "Comment",
  "Break",
  "Continue",
  "If",
  "For",
  "Set",
  "Macro",
  "CallStatement",
  "FilterStatement",
]);

/** Reports whether a node is a statement; all others are printed. */
export function isStatement(node: Node): node is Statement {
  return STATEMENTS.has(node.type);
}

/**
 * Parses a template.
 *
 * @param isChat Whether to trim white space around blocks, as transformers does for chat templates.
 * @throws SyntaxError
 */
export function parseTemplate(source: string, isChat: boolean): readonly Node[] {
  const tokens = isChat
    ? tokenize(source, { lstrip_blocks: true, trim_blocks: true })
    : tokenize(`${source}\n`, {}); // the last newline is stripped, but must stay
  if (comparesInRow(tokens)) throw new SyntaxError("chained comparisons are not supported");
  // The parser's own types do not describe the fields of its nodes.
  const body = parse(tokens).body as unknown as Node[];
  if (!isChat && leavesAnywhere(body)) {
    throw new SyntaxError("break and continue are not supported");
  }
  refuseElseAfterLeaving(body);
  return body;
}

/** Reports whether comparisons are chained, as in `1 < x < 3`, parsed as `(1 < x) < 3`. */
function comparesInRow(tokens: ReturnType<typeof tokenize>): boolean {
  const compared = [false];
  for (const { type, value } of tokens) {
    const isIn = type === "Identifier" && value === "in";
    if (/^Open/.test(type)) compared.push(false);
    else if (/^Close/.test(type)) compared.pop();
    else if (type === "Comma" || (type === "Identifier" && /^(and|or|if|else)$/.test(value))) {
      compared[compared.length - 1] = false;
    } else if (isIn || type === "ComparisonBinaryOperator") {
      if (compared.at(-1)) return true;
      compared[compared.length - 1] = true;
    }
  }
  return false;
}

/** Returns the bodies of a statement. */
function bodiesOf(node: Node): readonly (readonly Node[])[] {
  switch (node.type) {
    case "If":
      return [node.body, node.alternate];
    case "For":
      return [node.body, node.defaultBlock];
    case "Set":
    case "Macro":
    case "CallStatement":
    case "FilterStatement":
      return [node.body];
    default:
      return [];
  }
}

/**
 * Refuses loops with `else` and `break` or `continue`: jinja2 runs the `else` also after iterations that they
 * have left.
 */
function refuseElseAfterLeaving(nodes: readonly Node[]): void {
  for (const node of nodes) {
    if (node.type === "For" && node.defaultBlock.length > 0 && leaves(node.body)) {
      throw new SyntaxError("a loop with break or continue and else is not supported");
    }
    bodiesOf(node).forEach(refuseElseAfterLeaving);
  }
}

/** Reports whether a loop body has a `break` or `continue` of that loop. */
function leaves(nodes: readonly Node[]): boolean {
  return nodes.some((node) =>
    node.type === "Break" || node.type === "Continue" ||
    (node.type !== "For" && bodiesOf(node).some(leaves))
  );
}

/** Reports whether there is any `break` or `continue`: jinja2 has neither, transformers adds them. */
function leavesAnywhere(nodes: readonly Node[]): boolean {
  return nodes.some((node) =>
    node.type === "Break" || node.type === "Continue" || bodiesOf(node).some(leavesAnywhere)
  );
}

/** Reports whether a name occurs anywhere in a part of a template. */
export function mentions(part: unknown, name: string): boolean {
  if (part instanceof Map) return [...part].some((entry) => mentions(entry, name));
  if (Array.isArray(part)) return part.some((each) => mentions(each, name));
  if (typeof part !== "object" || part === null) return false;
  if ("type" in part && part.type === "Identifier" && "value" in part && part.value === name) {
    return true;
  }
  return Object.values(part).some((each) => mentions(each, name));
}
