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

Deno.test("readTokenizerSettings finds tokens where transformers finds them", async () => {
  const config = {
    bos_token: { content: "<s>" },
    eos_token: "</s>",
    unk_token: null,
    pad_token: 7,
  };
  const map = { bos_token: "<t>", sep_token: { content: "|" } };
  const files = { "tokenizer_config.json": config, "special_tokens_map.json": map };
  await withFiles(files, async (directory) => {
    const { special } = await readTokenizerSettings(directory);
    assert.deepEqual(Object.fromEntries(special), {
      bos_token: "<t>",
      eos_token: "</s>",
      unk_token: undefined,
      pad_token: undefined,
      sep_token: "|",
    });
  });
  const listed = { ...config, added_tokens_decoder: { 0: { content: "<s>", rstrip: true }, 1: 5 } };
  await withFiles({ ...files, "tokenizer_config.json": listed }, async (directory) => {
    const { added, special } = await readTokenizerSettings(directory);
    assert.equal(special.get("bos_token"), "<s>");
    assert.deepEqual([...added], [["<s>", { content: "<s>", rstrip: true }], ["</s>", {
      isNew: true,
    }]]);
  });
});

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

Deno.test("readChatTemplate prefers files of their own", async () => {
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

Deno.test("readChatTemplate refuses what is no template", async () => {
  for (const wrong of [7, {}, [1], [{ name: "a" }], [null]]) {
    await withFiles({ "tokenizer_config.json": { chat_template: wrong } }, async (directory) => {
      await assert.rejects(() => read(directory), /is neither a text nor a list/);
    });
  }
  await withFiles({ "chat_template.jinja": "a".repeat(1_000_001) }, async (directory) => {
    await assert.rejects(() => read(directory), /has 1000001 bytes, want at most 1000000/);
  });
  await withFiles({ "chat_template.jinja/x": "" }, async (directory) => {
    await assert.rejects(() => read(directory), /chat_template.jinja: it is a directory/);
  });
});
