import assert from "node:assert/strict";
import fc from "fast-check";
import { harnessArguments } from "./_harness_arguments.ts";
import { UsageError } from "./command.ts";

const WITH_VALUE = new Set(["--system-instruction", "--text", "--data-dir", "--limit"]);
const translated = (line: string) => harnessArguments(line.split(" "), WITH_VALUE).join(" ");

Deno.test("a command line of the harness becomes one of covey eval", () => {
  const lines: [string, string][] = [
    [
      "--model hf --model_args pretrained=org/name,dtype=float16,revision=v1 --tasks arc_easy",
      "org/name --revision v1 --tasks arc_easy",
    ],
    [
      "--model vllm --model_args pretrained=m add_bos_token=True --tasks a b,c --batch_size auto:4",
      "m --add-bos yes --tasks a,b,c",
    ],
    [
      "-M hf -a pretrained=m -t a -f 5 -L 0.1 -o out -s -b 8",
      "m --tasks a --num-fewshot 5 --limit 0.1 --output-path out",
    ],
    ["m --tasks a --device cuda:0 --log_samples --verbosity ERROR", "m --tasks a --device cuda"],
    ["--model my-model --tasks a", "my-model --tasks a"],
    ["m --apply_chat_template --tasks a", "m --apply-chat-template --tasks a"],
    [
      "--model=hf --model_args=pretrained=m --apply_chat_template tool --tasks=a",
      "m --chat-template tool --tasks a",
    ],
    ["m --apply_chat_template=tool", "m --chat-template tool"],
    ["--apply-chat-template m", "--apply-chat-template m"],
    ["m --fewshot_as_multiturn --tasks a", "m --fewshot-as-multiturn true --tasks a"],
    ["m --fewshot_as_multiturn False", "m --fewshot-as-multiturn False"],
    ["m --gen_kwargs max_gen_toks=32,temperature=0.0 do_sample=False", "m --max-gen-toks 32"],
    [
      "m --tasks a --override rope_theta=5e5 --seed 0,1,2,3",
      "m --tasks a --override rope_theta=5e5 --seed 0,1,2,3",
    ],
    ["run --model hf --model_args pretrained=m, dtype=auto -L10", "m --limit=10"],
    ['--model hf --model_args {"pretrained":"m","add_bos_token":true}', "m --add-bos yes"],
    ["--model_args pretrained=m,add_bos_token=None", "m"],
    ["run --tasks a", "run --tasks a"],
    ["m --include tasks", "m --include-path tasks"],
  ];
  for (const [line, wanted] of lines) assert.equal(translated(line), wanted);
});

Deno.test("what would change a result and is not offered is refused", () => {
  for (
    const line of [
      "--model hf --tasks a",
      "--model_args {pretrained",
      "m --apply-chat-template=false",
      "--model_args pretrained=m,add_bos_token=maybe",
      "--model_args pretrained=m,peft=x",
      "--gen_kwargs temperature=0.7",
      "--gen_kwargs do_sample=true",
      "--gen_kwargs top_p=0.9",
    ]
  ) {
    assert.throws(() => translated(line), UsageError, line);
  }
});

Deno.test("our own options pass, whatever their values", () => {
  const model = fc.string().filter((text) => !text.startsWith("-"));
  const value = fc.oneof(fc.string(), fc.constantFrom("--log_samples", "-a", "--a_b=c_d", "-f_g"));
  fc.assert(
    fc.property(model, value, (model, text) => {
      const args = [model, "--system-instruction", text, "--text", text, "--data-dir", "d_e"];
      assert.deepEqual(harnessArguments(args, WITH_VALUE), args);
    }),
    { seed: 5, numRuns: 500 },
  );
});
