import assert from "node:assert/strict";
import { join } from "node:path";
import { isChatTemplateFile, readChatTemplates } from "./read_chat_templates.ts";

async function withFiles(
  files: Record<string, unknown>,
  body: (directory: string) => Promise<void>,
): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "covey-chat-" });
  try {
    await Deno.mkdir(join(directory, "additional_chat_templates"));
    for (const [name, content] of Object.entries(files)) {
      const text = typeof content === "string" ? content : JSON.stringify(content);
      await Deno.writeTextFile(join(directory, name), text);
    }
    await body(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("readChatTemplates finds templates and tokens in tokenizer_config.json", async () => {
  const config = {
    bos_token: { content: "<s>" },
    eos_token: "</s>",
    unk_token: null,
    chat_template: "one",
  };
  await withFiles({ "tokenizer_config.json": config }, async (directory) => {
    const { sources, tokens } = await readChatTemplates(directory);
    assert.deepEqual([...sources], [["default", "one"]]);
    assert.deepEqual(tokens, { bos_token: "<s>", eos_token: "</s>" });
  });
  const several = [{ name: "default", template: "a" }, { name: "tool_use", template: "b" }];
  await withFiles(
    { "tokenizer_config.json": { chat_template: several } },
    async (directory) => {
      const { sources } = await readChatTemplates(directory);
      assert.deepEqual([...sources], [["default", "a"], ["tool_use", "b"]]);
    },
  );
});

Deno.test("readChatTemplates prefers files of their own", async () => {
  const files = {
    "tokenizer_config.json": { chat_template: "old" },
    "chat_template.jinja": "new",
    "additional_chat_templates/rag.jinja": "further",
    "additional_chat_templates/notes.txt": "no template",
  };
  await withFiles(files, async (directory) => {
    const { sources } = await readChatTemplates(directory);
    assert.deepEqual([...sources], [["default", "new"], ["rag", "further"]]);
  });
  assert.ok(isChatTemplateFile("chat_template.jinja"));
  assert.ok(isChatTemplateFile("additional_chat_templates/rag.jinja"));
  assert.ok(!isChatTemplateFile("additional_chat_templates/../x.jinja"));
  assert.ok(!isChatTemplateFile("other.jinja"));
});

Deno.test("readChatTemplates finds nothing where nothing is, and refuses what is no template", async () => {
  await withFiles({}, async (directory) => {
    assert.equal((await readChatTemplates(directory)).sources.size, 0);
  });
  for (const wrong of [7, {}, [1], [{ name: "a" }], [null]]) {
    await withFiles({ "tokenizer_config.json": { chat_template: wrong } }, async (directory) => {
      await assert.rejects(() => readChatTemplates(directory), /is neither a text nor a list/);
    });
  }
});
