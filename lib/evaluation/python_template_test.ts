import assert from "node:assert/strict";
import { fixture } from "../../fixtures/fixture.ts";
import { PythonTemplate } from "./python_template.ts";

const { document, plain, python } = JSON.parse(
  Deno.readTextFileSync(fixture("harness/chat.json")),
) as {
  python: [string, Record<string, string>[], string][];
  plain: [string, string][];
  document: Record<string, unknown>;
};
const CHAT = { trimsBlocks: true };

Deno.test("PythonTemplate renders as jinja2 does in transformers and in the harness", () => {
  for (const [source, messages, text] of python) {
    const names = { messages, bos_token: "<s>", tools: null };
    assert.equal(new PythonTemplate(source, CHAT).render(names, 1e6), text, source);
  }
  for (const [source, text] of plain) {
    const template = new PythonTemplate(source, { trimsBlocks: false });
    assert.equal(template.render(document, 1e6), text, source);
  }
});

Deno.test("what a template computes is bounded", () => {
  const grow = (value: string, step: string, use: string) =>
    `{% set n = namespace(x=${value}) %}{% for i in range(60) %}{% set n.x = ${step} %}{% endfor %}${use}`;
  const refused: [string, RegExp][] = [
    ["{% for i in range(2000000000) %}a{% endfor %}", /counts too far/],
    ["{% for i in range(2000) %}{% for j in range(2000) %}{% endfor %}{% endfor %}", /too far/],
    ["{{ range(1, 5, 0) }}", /counts too far/],
    ["{{ range('x') }}", /counts too far/],
    [
      "{% set r = range(9000) %}{% for a in r %}{% for b in r %}{% endfor %}{% endfor %}",
      /takes too long/,
    ],
    ["{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", /call stack|takes too long|not known/],
    [grow("'a'", "n.x ~ n.x", "{{ n.x }}"), /larger than 1000000/],
    [grow("['a']", "[n.x, n.x]", "{{ n.x | tojson }}"), /larger than 1000000/],
    [grow("['a']", "n.x + n.x", "{{ n.x | join }}"), /takes too long|larger/],
    ["{% for i in range(90000) %}{{ 'twenty characters...' }}{% endfor %}", /larger than 1000000/],
    [" ".repeat(1001), /more than 1000 spaces/],
    ["{{ 1 % 0 }}", /only whole numbers/],
    ["{{ 'a'.swapcase() }}", /swapcase\(\) is not known here/],
    ["{{ range }}", /is no value/],
    ["{% break %}", /outside of a loop/],
  ];
  for (const [source, reason] of refused) {
    assert.throws(() => new PythonTemplate(source, CHAT).render({}, 1e6), reason, source);
  }
});
