import assert from "node:assert/strict";
import { join } from "node:path";
import { withDirectory } from "../../testing/with_directory.ts";
import { parseNpy } from "./npy.ts";
import { writeShard } from "./write_shard.ts";

Deno.test("writeShard and parseNpy round-trip tokens, views of larger arrays included", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "tokens.npy");
    await writeShard(path, Uint32Array.of(9, 1, 70_000, 2 ** 32 - 1, 9).subarray(1, 4));
    assert.deepEqual([...parseNpy(await Deno.readFile(path))], [1, 70_000, 2 ** 32 - 1]);
  });
});
