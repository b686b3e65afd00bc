// Machine-checkable rules. CONTRIBUTING.md gives the reason for each.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { MUTATIONS } from "./scripts/mutate/mutations.ts";

const ROOT = fileURLToPath(new URL(".", import.meta.url));
const LINES_MAX = 300;
const FUNCTION_LINES_MAX = 70;

/** Folders of `lib` that each folder may import, besides itself. */
const ARROWS: Record<string, string[]> = {
  clock: [],
  async: ["clock"],
  file: [],
  input: [],
  python: ["regex"],
  random: [],
  tensor: [],
  regex: ["input"],
  tokenizer: ["input", "regex"],
  graph: ["tensor"],
  template: ["python"],
  bucket: ["async", "clock"],
  chain: ["clock", "random"],
  engine: ["graph", "tensor"],
  sparseloco: ["input", "tensor"],
  gauntlet: ["sparseloco"],
  llama: ["engine", "graph", "random", "input", "tensor"],
  checkpoint: ["file", "input", "graph", "llama", "tensor", "tokenizer"],
  convert: ["checkpoint", "file", "graph", "input", "llama", "tensor", "tokenizer"],
  corpus: ["file", "input", "random", "tokenizer"],
  hub: ["async", "clock", "file", "input"],
  evaluation: [
    "checkpoint",
    "corpus",
    "engine",
    "file",
    "hub",
    "llama",
    "python",
    "random",
    "input",
    "template",
    "tokenizer",
  ],
  node: [
    "async",
    "bucket",
    "chain",
    "checkpoint",
    "clock",
    "corpus",
    "engine",
    "file",
    "llama",
    "random",
    "input",
    "sparseloco",
    "swarm",
    "tensor",
  ],
  swarm: [
    "async",
    "bucket",
    "chain",
    "checkpoint",
    "clock",
    "corpus",
    "file",
    "gauntlet",
    "llama",
    "random",
    "input",
    "sparseloco",
    "tensor",
  ],
  adversary: ["sparseloco", "swarm"],
  report: ["gauntlet", "swarm"],
  terminal: ["report", "swarm"],
  simulation: [
    "async",
    "gauntlet",
    "node",
    "adversary",
    "bucket",
    "chain",
    "clock",
    "corpus",
    "random",
    "input",
    "sparseloco",
    "swarm",
    "tensor",
  ],
};

/** Calls allowed only in some files, since all other code must be a function of its arguments. */
const BANNED: [call: RegExp, allowed: RegExp][] = [
  [/\bDate\.now\(|new Date\(\)/, /^lib\/clock\/system_clock\.ts$/],
  [/\bMath\.random\(|crypto\.getRandomValues/, /^$/],
  [/\bcrypto\.randomUUID\(/, /^lib\/bucket\/directory_bucket\.ts$/],
  [/\bconsole\.\w+\(/, /^scripts\//],
  [/\bDeno\.env\b|process\.env\b/, /^commands\/program\/supervisor\.ts$/],
  [
    /\bperformance\.now\(/,
    /^(commands\/program\/command_worker|lib\/engine\/serve_engine|scripts\/.*)\.ts$/,
  ],
  [
    /\bDeno\.(stdout|stderr|exit)\b/,
    /^(lib\/terminal\/terminal|commands\/program\/supervisor|main)\.ts$/,
  ],
  [/\bsetTimeout\(/, /^lib\/clock\/system_clock\.ts$/],
  // The language leaves their last bits open; scores are the same on every engine.
  [/\bMath\.(exp|log|pow)\(| \*\*=? /, /^(?!lib\/gauntlet\/)/],
  [/\b(TODO|FIXME|XXX)\b/, /^$/],
];

interface Source {
  readonly path: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
  /** Files that it imports, including imports of types. */
  readonly imports: readonly string[];
}

function sources(folder = ""): Source[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      return /^(node_modules|\..*|covey-run|dist)$/.test(entry.name) ? [] : sources(path);
    }
    if (!path.endsWith(".ts")) return [];
    const text = readFileSync(join(ROOT, path), "utf8");
    const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
    return [{ path, text, tree, imports: importsOf(tree) }];
  });
}

function visit(node: ts.Node, see: (node: ts.Node) => void): void {
  see(node);
  ts.forEachChild(node, (child) => visit(child, see));
}

function importsOf(tree: ts.SourceFile): string[] {
  const found: string[] = [];
  visit(tree, (node) => {
    const isCall = ts.isCallExpression(node) &&
      node.expression.kind === ts.SyntaxKind.ImportKeyword;
    const target = ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
      ? node.moduleSpecifier
      : isCall
      ? node.arguments[0]
      : undefined;
    if (target && ts.isStringLiteral(target) && target.text.startsWith(".")) {
      found.push(normalize(join(dirname(tree.fileName), target.text)));
    }
  });
  return found;
}

const ALL = sources();
const BY_PATH = new Map(ALL.map((source) => [source.path, source]));
const isTest = ({ path }: Source) => path.endsWith("_test.ts");
/** Shipped files and scripts, without tests and files that only tests use. */
const PRODUCT = ALL.filter((source) =>
  !isTest(source) && !/^(fixtures|testing)\/|\/_permission_probe\.ts$/.test(source.path)
);
const SHIPPED = PRODUCT.filter(({ path }) => !path.startsWith("scripts/"));

/** Files that test helpers start in a separate process or worker. */
const STARTED: Readonly<Record<string, string[]>> = {
  "testing/engine.ts": ["lib/engine/serve_engine.ts"],
  "testing/program.ts": ["main.ts"],
};

/** Returns all files that the given ones import, directly or indirectly. */
function reached(from: readonly Source[]): Set<string> {
  const seen = new Set<string>();
  const open = from.map(({ path }) => path);
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    open.push(...BY_PATH.get(path)?.imports ?? []);
    open.push(...STARTED[path] ?? []);
  }
  return seen;
}

/** Returns the folder of a file: `lib/gauntlet`, `commands/eval`. */
const roomOf = (path: string) => path.split("/").slice(0, 2).join("/");

Deno.test("imports follow the allowed dependencies between folders", () => {
  const wrong = PRODUCT.flatMap(({ imports, path }) =>
    imports.filter((target) => {
      const [top, room] = path.split("/");
      const [targetTop, targetRoom] = target.split("/");
      if (targetTop === "testing") return true;
      if (top === "main.ts" || top === "scripts") return false;
      if (targetTop === "commands") return top !== "commands";
      if (targetTop === "fixtures") return true;
      return top === "lib" && room !== targetRoom && !ARROWS[room]?.includes(targetRoom);
    }).map((target) => `${path} -> ${target}`)
  );
  assert.deepEqual(wrong, []);
});

Deno.test("allowed dependencies between folders are all used, and acyclic", () => {
  const taken = new Set(
    SHIPPED.flatMap(({ imports, path }) =>
      imports.map((target) => `${path.split("/")[1]} -> ${target.split("/")[1]}`)
    ),
  );
  const drawn = Object.entries(ARROWS).flatMap(([room, targets]) =>
    targets.map((target) => `${room} -> ${target}`)
  );
  assert.deepEqual(drawn.filter((arrow) => !taken.has(arrow)), []);
  assert.deepEqual(circles(new Map(Object.entries(ARROWS))), []);
});

Deno.test("imports are acyclic, including those of types", () => {
  assert.deepEqual(circles(new Map(PRODUCT.map(({ imports, path }) => [path, imports]))), []);
});

/** Returns the cycles of a graph as strongly connected components (Tarjan 1972). */
function circles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const connect = (node: string) => {
    index.set(node, index.size);
    low.set(node, index.get(node)!);
    stack.push(node);
    for (const target of graph.get(node) ?? []) {
      if (!index.has(target)) connect(target);
      if (stack.includes(target)) low.set(node, Math.min(low.get(node)!, low.get(target)!));
    }
    if (low.get(node) !== index.get(node)) return;
    const group = stack.splice(stack.indexOf(node));
    if (group.length > 1 || graph.get(node)?.includes(node)) found.push(group);
  };
  for (const node of graph.keys()) if (!index.has(node)) connect(node);
  return found;
}

Deno.test("modules whose names begin with _ are imported from their own folder only", () => {
  const wrong = PRODUCT.flatMap(({ imports, path }) =>
    imports.filter((target) => /\/_\w+\.ts$/.test(target) && dirname(target) !== dirname(path))
      .map((target) => `${path} -> ${target}`)
  );
  assert.deepEqual(wrong, []);
});

Deno.test("every shipped file is used by a shipped one, or by a script", () => {
  const used = reached(PRODUCT.filter(({ path }) => /^(main\.ts|scripts\/)/.test(path)));
  assert.deepEqual(SHIPPED.map(({ path }) => path).filter((path) => !used.has(path)), []);
});

Deno.test("every file with logic is reached by a test of its own folder", () => {
  const untested = SHIPPED.filter(({ path, tree }) => {
    const hasLogic = tree.statements.some((statement) =>
      ts.isFunctionDeclaration(statement) ||
      // A kind of error is a name alone.
      (ts.isClassDeclaration(statement) && statement.members.some(ts.isMethodDeclaration))
    );
    if (!hasLogic) return false;
    const room = path.startsWith("commands/") ? "commands" : roomOf(path);
    const tests = ALL.filter((source) => isTest(source) && source.path.startsWith(`${room}/`));
    return !reached(tests).has(path);
  });
  assert.deepEqual(untested.map(({ path }) => path), []);
});

Deno.test("every file of swarm/examination and swarm/statement has a test beside it", () => {
  const without = SHIPPED.map(({ path }) => path)
    .filter((path) => /^lib\/swarm\/(examination|statement)\//.test(path))
    .filter((path) => !BY_PATH.has(path.replace(/\.ts$/, "_test.ts")));
  assert.deepEqual(without, []);
});

Deno.test("files and functions are short", () => {
  const long: string[] = [];
  for (const { path, tree } of PRODUCT) {
    const lineOf = (position: number) => tree.getLineAndCharacterOfPosition(position).line + 1;
    const lines = lineOf(tree.end) - 1;
    if (lines > LINES_MAX) long.push(`${path}: ${lines} lines`);
    visit(tree, (node) => {
      if (!ts.isFunctionLike(node)) return;
      const start = lineOf(node.getStart(tree));
      const count = lineOf(node.end) - start + 1;
      if (count > FUNCTION_LINES_MAX) long.push(`${path}:${start}: function of ${count} lines`);
    });
  }
  assert.deepEqual(long, []);
});

Deno.test("time, randomness, environment and streams are injected", () => {
  const wrong = PRODUCT.flatMap(({ path, text }) =>
    text.split("\n").flatMap((line, index) => {
      const code = line.replace(/^\s*(\/?\*|\/\/).*/, "");
      return BANNED.filter(([call, allowed]) => call.test(code) && !allowed.test(path))
        .map(([call]) => `${path}:${index + 1}: ${call.source}`);
    })
  );
  assert.deepEqual(wrong, []);
});

Deno.test("every export has a doc comment", () => {
  const bare = PRODUCT.flatMap(({ path, text, tree }) =>
    tree.statements.flatMap((statement) => {
      const isExported = ts.canHaveModifiers(statement) &&
        ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
      const comments = ts.getLeadingCommentRanges(text, statement.pos) ?? [];
      const isTold = comments.some(({ pos }) => text.startsWith("/**", pos));
      const line = tree.getLineAndCharacterOfPosition(statement.getStart(tree)).line + 1;
      return isExported && !isTold ? [`${path}:${line}`] : [];
    })
  );
  assert.deepEqual(bare, []);
});

Deno.test("packages with build scripts are listed, so that the first start does not warn of them", () => {
  const read = (name: string) => JSON.parse(readFileSync(join(ROOT, name), "utf8"));
  const { allow, deny } = read("deno.json").allowScripts ?? { allow: [], deny: [] };
  const packages: [string, { scripts?: true }][] = Object.entries(read("deno.lock").npm);
  const scripted = packages.filter(([, { scripts }]) => scripts)
    .map(([name]) => `npm:${name.replace(/(?<=.)@.*/, "")}`);
  assert.ok(scripted.length > 0);
  assert.deepEqual(scripted.filter((name) => ![...allow, ...deny].includes(name)), []);
});

Deno.test("every mutation has one place to apply to", () => {
  const lost = MUTATIONS.filter(({ from, path }) =>
    BY_PATH.get(path)?.text.split(from).length !== 2
  );
  assert.deepEqual(lost.map(({ breaks, path }) => `${path}: ${breaks}`), []);
});
