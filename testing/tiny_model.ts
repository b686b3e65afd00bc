import { fixture } from "../fixtures/fixture.ts";
import { withDirectory } from "./with_directory.ts";

/** A directory with the small float32 model and one of its tokenizers. */
export async function withTinyModel(
  body: (directory: string) => Promise<void>,
  tokenizer: "model_bos" | "model_nobos" = "model_bos",
): Promise<void> {
  await withDirectory(async (directory) => {
    const copy = (from: string, to: string) => Deno.copyFile(fixture(from), `${directory}/${to}`);
    await copy("tiny_llama/model.f32.safetensors", "model.safetensors");
    for (const name of ["config.json", "tokenizer.json", "tokenizer_config.json"]) {
      await copy(`harness/${tokenizer}/${name}`, name);
    }
    await body(directory);
  });
}
