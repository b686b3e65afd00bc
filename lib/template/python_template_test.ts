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
const CHAT = { kind: "chat" } as const;

Deno.test("PythonTemplate renders as jinja2 does in transformers and in the harness", () => {
  for (const [source, messages, text] of python) {
    const names = { messages, bos_token: "<s>", tools: null };
    assert.equal(new PythonTemplate(source, CHAT).render(names, 1e6), text, source);
  }
  for (const [source, text] of plain) {
    const template = new PythonTemplate(source, { kind: "task" });
    assert.equal(template.render(document, 1e6), text, source);
  }
});

Deno.test("the computation of a template is bounded", () => {
  const grow = (value: string, step: string, use: string) =>
    `{% set n = namespace(x=${value}) %}{% for i in range(60) %}{% set n.x = ${step} %}{% endfor %}${use}`;
  const refused: [string, RegExp][] = [
    ["{% for i in range(2000000000) %}a{% endfor %}", /invalid or too long/],
    ["{% for i in range(2000) %}{% for j in range(2000) %}{% endfor %}{% endfor %}", /or too long/],
    ["{{ range(1, 5, 0) }}", /invalid or too long/],
    ["{{ range('x') }}", /invalid or too long/],
    [
      "{% set r = range(9000) %}{% for a in r %}{% for b in r %}{% endfor %}{% endfor %}",
      /takes too long/,
    ],
    ["{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", /call stack|takes too long|not supported/],
    [grow("'a'", "n.x ~ n.x", "{{ n.x }}"), /longer than 1000000/],
    [grow("['a']", "[n.x, n.x]", "{{ n.x | tojson }}"), /takes too long/],
    [grow("['a']", "n.x + n.x", "{{ n.x | join }}"), /takes too long/],
    [grow("['a']", "namespace(a=n.x, b=n.x)", "{{ n.x | tojson }}"), /does not take a Namespace/],
    [
      "{% set x = range(90000) | list %}{% for i in x %}{% set q = x == x %}{% endfor %}",
      /takes too long/,
    ],
    ["{% for i in range(90000) %}{{ 'twenty characters...' }}{% endfor %}", /longer than 1000000/],
    [" ".repeat(1001), /more than 1000 spaces/],
    ["{{ 1 % 0 }}", /not finite/],
    ["{{ 1 < 2 < 3 }}", /chained/],
    ["{{ 'x' | sort }}", /the filter sort is not supported/],
    ["{{ 1 is divisibleby }}", /the test divisibleby is not supported/],
    ["{{ ['a'] | join(', ', 'b', 'c') }}", /the filter join has an unsupported argument/],
    ["{{ 'a' + 1 }}", /between StringValue and IntegerValue/],
    ["{{ missing.attribute }}", /missing is not defined/],
    ["{{ ['a'] | map('upper') }}", /cannot print a GeneratorValue/],
    ["{{ (['a'] | map('upper')) + ['b'] }}", /between GeneratorValue and ArrayValue/],
    ["{{ range(3) == [0, 1, 2] }}", /comparing a ViewValue/],
    ["{{ 'a' + ('<b>' | safe) }}", /between StringValue and MarkupValue/],
    ["{{ (1).real }}", /of a IntegerValue is not supported/],
    ["{{ {} | tojson(2) }}", /no positional arguments/],
    ["{{ 'a'.swapcase() }}", /swapcase\(\) is not supported/],
    ["{{ range }}", /cannot print a FunctionValue/],
    ["{% break %}", /outside of a loop/],
    [
      "{% set t = 'x' * 900000 %}{% for i in range(1000) %}{% if t == 'y' %}{% endif %}{% endfor %}",
      /takes too long/,
    ],
    [
      "{% set t = 'x' * 900000 %}{% for i in range(1000) %}{% if t[0] == 'y' %}{% endif %}{% endfor %}",
      /takes too long/,
    ],
    ["{% set n = namespace(x=1) %}{% set n['x'] = 2 %}", /an assignment to a part/],
    [
      `{% macro m() %}{{ caller() }}{% if false %}${
        "{{ a }}".repeat(5000)
      }{% endif %}{% endmacro %}` +
      "{% for i in range(90000) %}{% for j in range(9) %}{% call m() %}{% endcall %}{% endfor %}{% endfor %}",
      /too long/,
    ],
    ["{% for x in [1] %}{% if x %}{% break %}{% endif %}{% else %}E{% endfor %}", /and else/],
  ];
  assert.throws(
    () => new PythonTemplate("{{ none_such }}", { kind: "task" }).render({}, 9),
    /missing/,
  );
  const asked = new PythonTemplate("{{ none_such | default('d') }}{{ a.b is defined }}", {
    kind: "task",
  });
  assert.equal(asked.render({ a: {} }, 99), "dFalse");
  for (const [source, reason] of refused) {
    assert.throws(() => new PythonTemplate(source, CHAT).render({}, 1e6), reason, source);
  }
});

Deno.test("strings from functions given to a template are bounded, too", () => {
  const template = new PythonTemplate("{{ give() | length }}", CHAT);
  assert.equal(template.render({ give: () => "x".repeat(1000) }, 1000), "1000");
  assert.throws(() => template.render({ give: () => "x".repeat(1001) }, 1000), /longer than 1000/);
});
