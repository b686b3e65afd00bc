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

Deno.test("ChatTemplate joins examples into one turn unless multiturn is set", () => {
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

Deno.test("strftime_now formats the given time", () => {
  const chat = new ChatTemplate("{{ strftime_now('%d %b %Y') }} {{ messages[0].content }}", {
    ...OPTIONS,
    nowMs: new Date(2024, 6, 4).getTime(),
  });
  assert.equal(chat.write([QUESTION]), "04 Jul 2024 Why?");
  const time = new Date(2026, 0, 2, 13, 4, 5);
  assert.equal(
    formatTime("%A %a %B %m/%y %H:%M:%S %I %p %-d %-m %%", time),
    "Friday Fri January 01/26 13:04:05 01 PM 2 1 %",
  );
  for (const unknown of ["%q", "%", "%-"]) {
    assert.throws(() => formatTime(unknown, time), /the strftime directive %/);
  }
});

Deno.test("the system turn is dropped only if the template raises an exception", () => {
  const turns: Turn[] = [{ role: "system", content: "S", gap: "" }, QUESTION];
  const loop = "{% for m in messages %}{{ m.content }}{% endfor %}";
  const refusing = "{% if messages[0].role == 'system' %}{{ raise_exception('no') }}{% endif %}";
  const chat = new ChatTemplate(refusing + loop, OPTIONS);
  assert.equal(chat.takesSystem, false);
  assert.equal(chat.write(turns), "Why?");
  const failing =
    "{% if messages[0].content == 'S' %}{{ messages[0].content.swapcase() }}{% endif %}";
  const other = new ChatTemplate(failing + loop, OPTIONS);
  assert.equal(other.takesSystem, true);
  assert.throws(() => other.write(turns), /swapcase\(\) is not supported/);
});

Deno.test("templates that are invalid, refuse a question or omit it are refused", () => {
  const refused: [string, RegExp][] = [
    ["{% if %}", /Cannot read chat template/],
    ["{{ raise_exception('never') }}", /Cannot apply the chat template to turns of user: never/],
    ["{{ missing.field }}", /missing is not defined/],
    ["a".repeat(100_001), /has 100001 characters, want at most 100000/],
  ];
  for (const [source, reason] of refused) {
    assert.throws(
      () => new ChatTemplate(source, OPTIONS),
      (error: Error) => error instanceof ChatTemplateError && reason.test(error.message),
      source.slice(0, 80),
    );
  }
  const alone = new ChatTemplate(
    "{% if messages | length > 2 %}{{ raise_exception('two') }}{% endif %}{{ messages[0].content }}",
    OPTIONS,
  );
  assert.throws(() => alone.write([QUESTION, QUESTION, QUESTION]), /user, user, user: two/);
  for (const source of ["", "constant", "{{ messages[0].content | upper }}"]) {
    const silent = new ChatTemplate(source, OPTIONS);
    assert.throws(() => silent.write([QUESTION]), /omits or changes the question "Why\?"/);
  }
});

Deno.test("any template is rendered or refused", () => {
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
        assert.match(chat.write([QUESTION]), /Why/);
      } catch (error) {
        assert.ok(error instanceof ChatTemplateError, String(error));
      }
    }),
    { seed: 7, numRuns: 2000 },
  );
});
