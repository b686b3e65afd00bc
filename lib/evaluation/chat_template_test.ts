import assert from "node:assert/strict";
import fc from "fast-check";
import { fixture } from "../../fixtures/fixture.ts";
import { ChatTemplate, ChatTemplateError } from "./chat_template.ts";
import { formatTime } from "./format_time.ts";
import type { Turn } from "./prompt.ts";

interface Recorded {
  templates: Record<string, string>;
  cases: { template: string; messages: Turn[]; text: string }[];
}

const { cases, templates } = JSON.parse(
  Deno.readTextFileSync(fixture("harness/chat.json")),
) as Recorded;
const OPTIONS = { tokens: { bos_token: "<s>", eos_token: "</s>" }, multiturn: true, nowMs: 0 };
const QUESTION: Turn = { role: "user", content: "Why?", gap: "" };

Deno.test("ChatTemplate writes what transformers writes", () => {
  for (const { messages, template, text } of cases) {
    const chat = new ChatTemplate(templates[template], OPTIONS);
    assert.equal(chat.write(messages), text, `${template} ${JSON.stringify(messages)}`);
    assert.equal(chat.takesSystem, template !== "refuses");
  }
});

Deno.test("ChatTemplate puts examples into one turn where that is asked for", () => {
  const source = "{% for turn in messages %}<{{ turn.role }}>{{ turn.content }}{% endfor %}";
  const chat = new ChatTemplate(source, { ...OPTIONS, multiturn: false });
  const turns: Turn[] = [
    { role: "system", content: "S", gap: "" },
    { role: "user", content: "Q", gap: " " },
    { role: "assistant", content: "A", gap: "\n\n" },
    QUESTION,
  ];
  assert.equal(chat.write(turns), "<system>S<user>Q A\n\nWhy?");
});

Deno.test("a template is told the time that it is given", () => {
  const chat = new ChatTemplate("{{ strftime_now('%d %b %Y') }}", {
    ...OPTIONS,
    nowMs: new Date(2024, 6, 4).getTime(),
  });
  assert.equal(chat.write([QUESTION]), "04 Jul 2024");
  const time = new Date(2026, 0, 2, 3, 4, 5);
  assert.equal(
    formatTime("%A %a %B %m/%y %H:%M:%S %% %q %", time),
    "Friday Fri January 01/26 03:04:05 % %q %",
  );
});

Deno.test("templates that are none, refuse a question or count too far are refused", () => {
  const refused: [string, RegExp][] = [
    ["{% if %}", /Cannot read chat template/],
    ["{{ raise_exception('never') }}", /Cannot write user by the chat template: never/],
    ["{% for i in range(2000000000) %}a{% endfor %}", /counts too far/],
    ["{% for i in range(2000) %}{% for j in range(2000) %}{% endfor %}{% endfor %}", /too far/],
    ["{{ range(1, 5, 0) }}", /counts too far/],
    ["{{ range('x') }}", /counts too far/],
    ["{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", /Cannot write user/],
    ["a".repeat(1_000_001), /has 1000001 characters, want at most 1000000/],
  ];
  for (const [source, reason] of refused) {
    assert.throws(
      () => new ChatTemplate(source, OPTIONS),
      (error: Error) => error instanceof ChatTemplateError && reason.test(error.message),
      source.slice(0, 80),
    );
  }
  const alone = new ChatTemplate(
    "{% if messages | length > 1 %}{{ raise_exception('one') }}{% endif %}",
    OPTIONS,
  );
  assert.throws(() => alone.write([QUESTION, QUESTION]), /Cannot write user, user .*: one/);
});

Deno.test("whatever a template is, it is written by or refused", () => {
  const parts = [
    "{{",
    "}}",
    "{%",
    "%}",
    " for ",
    " in ",
    "messages",
    " if ",
    "endif",
    "set x = ",
    "x",
  ]
    .concat([
      " | trim",
      "(",
      ")",
      "[0]",
      ".role",
      "'a'",
      "-",
      "{#",
      "#}",
      "\n",
      "endfor",
      " is ",
      "~",
    ]);
  const source = fc.array(fc.constantFrom(...parts), { maxLength: 14 }).map((all) => all.join(""));
  fc.assert(
    fc.property(fc.oneof(source, fc.string()), (text) => {
      try {
        const chat = new ChatTemplate(text, OPTIONS);
        assert.equal(typeof chat.write([QUESTION]), "string");
      } catch (error) {
        assert.ok(error instanceof ChatTemplateError, String(error));
      }
    }),
    { seed: 7, numRuns: 2000 },
  );
});
