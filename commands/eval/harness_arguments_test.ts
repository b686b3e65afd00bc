import assert from "node:assert/strict";
import fc from "fast-check";
import { harnessArguments } from "./harness_arguments.ts";
import { UsageError } from "../command.ts";

const WITH_VALUE = new Set(["--system-instruction", "--text", "--data-dir", "--limit"]);
const translated = (line: string) => harnessArguments(line.split(" "), WITH_VALUE).join(" ");

Deno.test("a command line of the harness is translated to one of covey eval", () => {
  const lines: [string, string][] = [
    [
      "--model hf --model_args pretrained=org/name,dtype=float16,revision=v1 --tasks arc_easy",
      "org/name --revision v1 --tasks arc_easy",
    ],
    [
      "--model hf --model_args pretrained=m add_bos_token=True --tasks a b,c --batch_size auto:4",
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
    ["--model hf --model_args pretrained=a,pretrained=b,revision=main,tokenizer=None", "b"],
    ["--model_args pretrained=m,max_length=None,softmax_dtype=float32,backend=causal", "m"],
    ["--model_args pretrained=m,parallelize=False,load_in_4bit=False,peft=None", "m"],
    [
      "--model_args pretrained='m',attn_implementation=sdpa,trust_remote_code=True",
      "m --trust-remote-code",
    ],
    ['--model_args {"pretrained":"m","max_length":null}', "m"],
    ["m --gen_kwargs max_new_tokens=64,max_gen_toks=32", "m --max-gen-toks 32"],
    ["m --gen_kwargs temperature=0.7,do_sample=False,max_tokens=9", "m --max-gen-toks 9"],
    ["--cache_requests m --tasks a", "m --tasks a"],
    ["--cache_requests true m", "m"],
    ["--batch_size m", "m"],
    ["m --device mps:0", "m --device webgpu"],
  ];
  for (const [line, wanted] of lines) assert.equal(translated(line), wanted);
});

Deno.test("unsupported options that would change a result are rejected by name", () => {
  const lines: [line: string, message: RegExp][] = [
    ["--model hf --tasks a", /--model requires --model_args/],
    ["--model_args {pretrained", /not a JSON object/],
    ["m --apply-chat-template=false", /omit it/],
    ["--model vllm --model_args pretrained=m", /--model vllm is not supported/],
    ["--model sglang --model_args pretrained=m", /--model sglang is not supported/],
    ["--model dummy", /--model dummy is not supported/],
    [
      "--model_args pretrained=m,parallelize=True",
      /parallelize=True is not supported: a model is comp/,
    ],
    ["--model_args pretrained=m,dtype=banana", /dtype=banana is not supported/],
    ["--model_args pretrained=m,dtype=float64", /dtype=float64 is not supported/],
    [
      "--model_args pretrained=m,tensor_parallel_size=2",
      /has "tensor_parallel_size", which is not/,
    ],
    ["--model_args pretrained=m,gpu_memory_utilization=0.8", /"gpu_memory_utilization"/],
    ["--model_args pretrained=m,attn_implementation=x", /attn_implementation=x is not supported/],
    ["--model_args pretrained=m,batch_size=banana", /batch_size=banana is not supported/],
    ["--model_args pretrained=m,add_bos_token=maybe", /want True or False/],
    ["--model_args pretrained=m,peft=x", /peft=x is not supported: adapters/],
    ["--model_args pretrained=m,load_in_4bit=True", /load_in_4bit=True is not supported: quant/],
    ["--model_args pretrained=m,prefix_token_id=1", /prefix_token_id=1/],
    ["--model_args pretrained=m,enable_thinking=True", /enable_thinking=True/],
    ["--model_args pretrained=m,truncation=True", /truncation=True/],
    ["--model_args pretrained=m,subfolder=x", /subfolder=x/],
    ["--model_args pretrained=m,rope_theta=5", /want --override rope_theta=5/],
    ["--model_args pretrained=m,max_lenght=5", /Did you mean max_length/],
    ["--gen_kwargs temperature=0.7", /answers are greedy/],
    ["--gen_kwargs do_sample=true", /answers are greedy/],
    ["--gen_kwargs top_p=0.9", /has "top_p", which is not supported/],
    ["m --predict_only", /--predict_only is not supported: metrics/],
    ["m --config a.yaml", /--config is not supported/],
    ["m --wandb_args project=x", /--wandb_args is not supported/],
    ["m --metadata x=1", /--metadata is not supported/],
    ["ls tasks", /ls of the harness is not supported/],
    ["validate --tasks x", /validate of the harness is not supported/],
  ];
  for (const [line, message] of lines) {
    assert.throws(() => translated(line), (error: Error) => {
      assert.ok(error instanceof UsageError, line);
      assert.match(error.message, message, line);
      return true;
    });
  }
});

Deno.test("native options pass unchanged, whatever their values", () => {
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
