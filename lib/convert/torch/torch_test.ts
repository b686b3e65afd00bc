import assert from "node:assert/strict";
import fc from "fast-check";
import { fixture } from "../../../fixtures/fixture.ts";
import { withDirectory } from "../../../testing/with_directory.ts";
import { openSafetensors } from "../../checkpoint/safetensors_file.ts";
import { CorruptFileError } from "../../file/corrupt_file_error.ts";
import { InputError } from "../../input/input_error.ts";
import { elementCount } from "../../tensor/dims.ts";
import { FileReader } from "../file_reader.ts";
import { openRelease } from "../open_release.ts";
import { nameForMeta, nameFromMeta, unwrappedName } from "./checkpoint_names.ts";
import { torchTensors } from "./torch_file.ts";
import { unpickle } from "./unpickle.ts";

/** Copies a file of the fixtures, with one configuration beside it. */
async function withFile(
  name: string,
  config: "config.json" | "params.json",
  body: (path: string) => Promise<void>,
): Promise<void> {
  await withDirectory(async (directory) => {
    for (const each of [name, config]) {
      await Deno.copyFile(fixture(`torch/${each}`), `${directory}/${each}`);
    }
    await body(`${directory}/${name}`);
  });
}

for (
  const [name, config] of [
    ["meta.pth", "params.json"],
    ["meta.pth", "config.json"],
    ["hugging_face.bin", "config.json"],
    ["parameters.bin", "config.json"],
    ["titan.pt", "config.json"],
    ["bf16.bin", "config.json"],
    ["tied.pth", "params.json"],
  ] as const
) {
  Deno.test(`${name} with ${config} is the model that PyTorch saved`, async () => {
    await withFile(name, config, async (path) => {
      const model = await openRelease(path);
      const expected = await openSafetensors(fixture("torch/expected.safetensors"));
      assert.equal(model.config.tiedEmbeddings, name === "tied.pth");
      assert.equal(model.config.ropeTheta, 500000);
      assert.deepEqual(model.notes, []);
      for (const { dims, name: tensor, read, type } of model.parameters) {
        const bytes = await read(0, elementCount(dims));
        if (type === "F32") assert.deepEqual(bytes, await expected.bytes(tensor), tensor);
        else {
          // Upper halves of the float32 words, rounded.
          const codes = new Uint16Array(bytes.buffer);
          const floats = await expected.float32(tensor);
          const near = floats.every((value, i) =>
            Math.abs(value - new Float32Array(Uint32Array.of(codes[i] << 16).buffer)[0]) <=
              Math.abs(value) / 256
          );
          assert.ok(near, tensor);
        }
      }
      assert.equal(model.parameters.length, name === "tied.pth" ? 11 : 12);
      await model.close();
      await expected.close();
    });
  });
}

Deno.test("a pickle that would run something is refused by name", async () => {
  await assert.rejects(() => openRelease(fixture("torch/shell.pt")), {
    name: "InputError",
    message: /it names posix\.system, which is not allowed \(byte \d+\)/,
  });
});

Deno.test("elements that do not lie in order are refused, and so is a model of unknown shape", async () => {
  await assert.rejects(() => openRelease(fixture("torch/transposed.pt")), /do not lie in order/);
  await withDirectory(async (directory) => {
    await Deno.copyFile(fixture("torch/meta.pth"), `${directory}/meta.pth`);
    await assert.rejects(
      () => openRelease(`${directory}/meta.pth`),
      /neither config\.json nor params\.json/,
    );
  });
});

Deno.test("names lose what training wraps models in, and go both ways", () => {
  const cases = [
    ["module.layers.3._orig_mod._checkpoint_wrapped_module.attention.wq.weight", "q_proj"],
    ["app.layers.3.feed_forward.w2.weight", "down_proj"],
    ["model.layers.3.ffn_norm.weight", "post_attention_layernorm"],
  ];
  for (const [name, wanted] of cases) {
    const named = nameFromMeta(unwrappedName(name))!;
    assert.ok(named.startsWith("model.layers.3.") && named.includes(wanted), named);
    assert.equal(nameFromMeta(nameForMeta(named)!), named);
  }
  assert.equal(unwrappedName("model.norm.weight"), "norm.weight");
  assert.equal(
    unwrappedName("model.layers.0.mlp.up_proj.weight"),
    "model.layers.0.mlp.up_proj.weight",
  );
});

const PICKLES: Uint8Array[] = [];
for (const name of ["meta.pth", "titan.pt", "parameters.bin"]) {
  const bytes = await Deno.readFile(fixture(`torch/${name}`));
  // The first entry; its length is in the central directory, so up to the next header.
  const start = 30 + bytes[26] + 256 * bytes[27] + bytes[28] + 256 * bytes[29];
  PICKLES.push(bytes.slice(start, start + 1500));
}

Deno.test("50,000 mutated pickles give values or typed errors, and run nothing", () => {
  let errors = 0;
  const change = fc.tuple(fc.nat(1499), fc.nat(255));
  fc.assert(
    fc.property(
      fc.constantFrom(...PICKLES),
      fc.array(change, { minLength: 1, maxLength: 4 }),
      (pickle, changes) => {
        const bytes = pickle.slice();
        for (const [at, value] of changes) bytes[at] = value;
        try {
          unpickle(bytes, (name) => !/system/.test(name), "x");
        } catch (cause) {
          assert.ok(cause instanceof InputError, `${cause}`);
          errors++;
        }
      },
    ),
    { numRuns: 50_000, seed: 3 },
  );
  assert.ok(errors > 10_000, `${errors}`);
});

Deno.test("mutated archives give tensors or typed errors", async () => {
  const whole = await Deno.readFile(fixture("torch/meta.pth"));
  await withDirectory(async (directory) => {
    const path = `${directory}/x.pth`;
    let errors = 0;
    const run = async (bytes: Uint8Array) => {
      await Deno.writeFile(path, bytes);
      const files = new FileReader();
      try {
        await torchTensors(files, path);
      } catch (cause) {
        assert.ok(cause instanceof InputError || cause instanceof CorruptFileError, `${cause}`);
        errors++;
      } finally {
        await files.close();
      }
    };
    const directoryStart = whole.length - 1400;
    const change = fc.tuple(fc.nat(1399), fc.nat(255));
    for (
      const changes of fc.sample(fc.array(change, { minLength: 1, maxLength: 3 }), {
        numRuns: 500,
        seed: 8,
      })
    ) {
      const bytes = whole.slice();
      for (const [at, value] of changes) bytes[directoryStart + at] = value;
      await run(bytes);
    }
    for (const length of [0, 4, 30, whole.length - 1, whole.length - 22]) {
      await run(whole.slice(0, length));
    }
    assert.ok(errors > 100, `${errors}`);
  });
});

Deno.test("unpickle bounds what hostile opcodes ask for", () => {
  const run = (...bytes: number[]) => () => unpickle(Uint8Array.from(bytes), () => true, "x");
  assert.throws(run(0x80, 2, 0x58, 255, 255, 255, 255, 0x2e), /it is cut short/); // a long text
  assert.throws(run(0x8d, 255, 255, 255, 255, 255, 255, 255, 255, 0x2e), /past its end/);
  assert.throws(run(0x68, 7, 0x2e), /remembers nothing under 7/);
  assert.throws(run(0x75, 0x2e), /a mark is missing/);
  assert.throws(run(0x2e), /its stack is empty/);
  assert.throws(run(0x28, 0x2e), /a mark is taken for a value/);
  assert.throws(run(0x69, 0x2e), /opcode 0x69 is not supported/);
  const deep = new Uint8Array(1_100_000).fill(0x28);
  assert.throws(() => unpickle(deep, () => true, "x"), /its stack is too deep/);
});
