// Rules that a machine can keep. What each is for stands in CONTRIBUTING.md.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL(".", import.meta.url));
const LINES_MAX = 320;
const FUNCTION_LINES_MAX = 70;

/** Which folders of `lib` a folder may import, besides itself. */
const ARROWS: Record<string, string[]> = {
  clock: [],
  random: [],
  graph: [],
  engine: ["graph"],
  sparseloco: [],
  gauntlet: ["sparseloco"],
  checkpoint: ["graph", "llama", "tokenizer"],
  llama: ["engine", "graph", "random"],
  bucket: ["clock"],
  chain: ["clock", "random"],
  tokenizer: [],
  evaluation: ["engine", "llama", "random", "tokenizer"],
  hub: ["checkpoint", "clock"],
  corpus: ["checkpoint", "random", "tokenizer"],
  swarm: [
    "bucket",
    "chain",
    "checkpoint",
    "clock",
    "corpus",
    "gauntlet",
    "graph",
    "llama",
    "random",
    "sparseloco",
  ],
  adversary: ["sparseloco", "swarm"],
  simulation: [
    "adversary",
    "bucket",
    "chain",
    "clock",
    "corpus",
    "gauntlet",
    "llama",
    "random",
    "sparseloco",
    "swarm",
  ],
  terminal: ["gauntlet", "swarm"],
};

/** What only some files may call, since all else must be a function of its arguments. */
const BANNED: [call: RegExp, allowed: RegExp][] = [
  [/\bDate\.now\(|new Date\(\)/, /^lib\/clock\/system_clock\.ts$/],
  [/\bMath\.random\(|crypto\.getRandomValues/, /^$/],
  [/\bcrypto\.randomUUID\(/, /^lib\/bucket\/directory_bucket\.ts$/],
  [/\bconsole\.\w+\(/, /^scripts\//],
  [/\bDeno\.env\b|process\.env\b/, /^commands\/_supervisor\.ts$/],
  [
    /\bperformance\.now\(/,
    /^(commands\/_command_worker|lib\/engine\/serve_engine|scripts\/.*)\.ts$/,
  ],
  [/\bDeno\.(stdout|stderr|exit)\b/, /^(lib\/terminal\/terminal|commands\/_supervisor|main)\.ts$/],
  [/\bsetTimeout\(/, /^lib\/clock\/system_clock\.ts$/],
  [/\b(TODO|FIXME|XXX)\b/, /^$/],
];

interface Source {
  path: string;
  text: string;
  lines: string[];
}

function sources(folder = ""): Source[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      return /^(node_modules|\..*|covey-run|dist)$/.test(entry.name) ? [] : sources(path);
    }
    if (!path.endsWith(".ts")) return [];
    const text = readFileSync(join(ROOT, path), "utf8");
    return [{ path, text, lines: text.split("\n") }];
  });
}

const ALL = sources();
/** What is shipped: no tests, and no helpers of tests. */
const PRODUCT = ALL.filter(({ path }) =>
  !/_test\.ts$|\/_(test|permission_probe)\w*\.ts$|^fixtures\//.test(path)
);

function importsOf({ path, text }: Source): string[] {
  return [...text.matchAll(/(?:from|import\()\s*"(\.[^"]+)"/g)]
    .map(([, target]) => normalize(join(dirname(path), target)));
}

Deno.test("imports follow the arrows between folders", () => {
  const wrong = PRODUCT.flatMap((source) =>
    importsOf(source).filter((target) => {
      const [top, folder] = source.path.split("/");
      const [targetTop, targetFolder] = target.split("/");
      if (top === "main.ts" || top === "scripts") return false;
      if (targetTop === "commands") return top !== "commands";
      if (top !== "lib" || targetTop !== "lib") return top === "lib";
      return folder !== targetFolder && !ARROWS[folder]?.includes(targetFolder);
    }).map((target) => `${source.path} -> ${target}`)
  );
  assert.deepEqual(wrong, []);
});

Deno.test("modules whose names begin with _ are imported from their own folder only", () => {
  const wrong = PRODUCT.flatMap((source) =>
    importsOf(source)
      .filter((target) => /\/_\w+\.ts$/.test(target) && dirname(target) !== dirname(source.path))
      .filter((target) => source.path !== "main.ts" || !target.startsWith("commands/"))
      .map((target) => `${source.path} -> ${target}`)
  );
  assert.deepEqual(wrong, []);
});

Deno.test("every file of the product is used", () => {
  const used = new Set(ALL.flatMap(importsOf));
  const unused = PRODUCT.map(({ path }) => path)
    .filter((path) => path !== "main.ts" && !path.startsWith("scripts/") && !used.has(path));
  assert.deepEqual(unused, []);
});

Deno.test("files and functions are short", () => {
  const long: string[] = [];
  for (const { path, lines } of PRODUCT) {
    if (lines.length > LINES_MAX) long.push(`${path}: ${lines.length} lines`);
    let start = -1;
    lines.forEach((line, index) => {
      // The formatter puts a function's first line and its closing brace at one depth.
      if (
        /^(export )?(default )?(async )?function\b/.test(line) ||
        /^ {2}(static |async |\*|#|get )*#?\w+(<[^>]*>)?\(.*\{$/.test(line)
      ) start = index;
      if (/^( {2})?\}$/.test(line) && start >= 0) {
        if (index - start + 1 > FUNCTION_LINES_MAX) {
          long.push(`${path}:${start + 1}: function of ${index - start + 1} lines`);
        }
        start = -1;
      }
    });
  }
  assert.deepEqual(long, []);
});

Deno.test("time, chance, environment and streams are handed in", () => {
  const wrong = PRODUCT.flatMap(({ path, lines }) =>
    lines.flatMap((line, index) => {
      const code = line.replace(/^\s*(\/?\*|\/\/).*/, "");
      return BANNED.filter(([call, allowed]) => call.test(code) && !allowed.test(path))
        .map(([call]) => `${path}:${index + 1}: ${call.source}`);
    })
  );
  assert.deepEqual(wrong, []);
});

Deno.test("every export has a doc comment", () => {
  const bare = PRODUCT.flatMap(({ path, lines }) =>
    lines.flatMap((line, index) => {
      if (!/^export (async |abstract )?(function|class|interface|const|type)\b/.test(line)) {
        return [];
      }
      const before = lines.slice(0, index).findLast((each) =>
        !each.trim().startsWith("// deno-lint")
      );
      return before?.trim().endsWith("*/") ? [] : [`${path}:${index + 1}`];
    })
  );
  assert.deepEqual(bare, []);
});

Deno.test("every module with logic has a test in its folder", () => {
  const tested = new Set(
    ALL.filter(({ path }) => path.endsWith("_test.ts")).map(({ path }) => dirname(path)),
  );
  const folders = new Set(PRODUCT.map(({ path }) => dirname(path)));
  const without = [...folders].filter((folder) =>
    !folder.startsWith("scripts") && folder !== "." &&
    ![...tested].some((each) =>
      each === folder || !relative(folder, each).startsWith("..") || folder.startsWith(each)
    )
  );
  assert.deepEqual(without, []);
});

Deno.test("packages with build scripts are named, so that the first start says nothing of them", () => {
  const read = (name: string) => JSON.parse(readFileSync(join(ROOT, name), "utf8"));
  const { allow, deny } = read("deno.json").allowScripts ?? { allow: [], deny: [] };
  const packages: [string, { scripts?: true }][] = Object.entries(read("deno.lock").npm);
  const scripted = packages.filter(([, { scripts }]) => scripts)
    .map(([name]) => `npm:${name.replace(/(?<=.)@.*/, "")}`);
  assert.ok(scripted.length > 0);
  assert.deepEqual(scripted.filter((name) => ![...allow, ...deny].includes(name)), []);
});
