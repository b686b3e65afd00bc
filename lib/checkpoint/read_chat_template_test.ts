import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { readChatTemplate } from "./read_chat_template.ts";
import { readTokenizerSettings } from "./read_tokenizer_settings.ts";

async function withFiles(
  files: Record<string, unknown>,
  body: (directory: string) => Promise<void>,
): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "covey-chat-" });
  try {
    for (const [name, content] of Object.entries(files)) {
      const text = typeof content === "string" ? content : JSON.stringify(content);
      await Deno.mkdir(dirname(join(directory, name)), { recursive: true });
      await Deno.writeTextFile(join(directory, name), text);
    }
    await body(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const read = async (directory: string, name = "default") =>
  await readChatTemplate(directory, await readTokenizerSettings(directory), name);

Deno.test("readChatTemplate finds a template in the settings of the tokenizer", async () => {
  await withFiles({ "tokenizer_config.json": { chat_template: "one" } }, async (directory) => {
    assert.equal(await read(directory), "one");
    assert.deepEqual(await read(directory, "tool_use"), ["default"]);
  });
  const several = [{ name: "tool_use", template: "b" }, { name: "default", template: "a" }];
  await withFiles({ "tokenizer_config.json": { chat_template: several } }, async (directory) => {
    assert.equal(await read(directory, "tool_use"), "b");
    assert.deepEqual(await read(directory, "../x"), ["default", "tool_use"]);
  });
});

Deno.test("readChatTemplate prefers template files to settings", async () => {
  const files = {
    "tokenizer_config.json": { chat_template: [{ name: "old", template: "old" }] },
    "chat_template.jinja": "new",
    "additional_chat_templates/rag.jinja": "further",
  };
  await withFiles(files, async (directory) => {
    assert.equal(await read(directory), "new");
    assert.equal(await read(directory, "rag"), "further");
    assert.deepEqual(await read(directory, "old"), ["default"]);
  });
  await withFiles({ additional_chat_templates: "a file" }, async (directory) => {
    assert.deepEqual(await read(directory, "rag"), []);
  });
});

Deno.test("readChatTemplate refuses invalid templates", async () => {
  for (const wrong of [7, {}, [1], [{ name: "a" }], [null]]) {
    await withFiles({ "tokenizer_config.json": { chat_template: wrong } }, async (directory) => {
      await assert.rejects(() => read(directory), /is neither a string nor a list/);
    });
  }
  await withFiles({ "chat_template.jinja": "a".repeat(1_000_001) }, async (directory) => {
    await assert.rejects(() => read(directory), /has 1000001 bytes, want at most 1000000/);
  });
  await withFiles({ "chat_template.jinja/x": "" }, async (directory) => {
    await assert.rejects(() => read(directory), /chat_template.jinja: it is a directory/);
  });
});
