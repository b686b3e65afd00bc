"""Generates tiny random models of the LLaMA-like families, and the outputs of transformers on them.

    python scripts/make_families.py [CASE...]        # requires transformers 5.24 and PyTorch 2.15

Each case has a folder in fixtures/families: config.json (as saved by transformers 5), config_v4.json (as in
checkpoints on the hub; checked to give bit-identical logits) and model.safetensors (BF16). expected.json has
the model's outputs in float32 from these BF16 weights, with eager attention.
"""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import torch  # noqa: E402
import transformers  # noqa: E402
from transformers import AutoConfig, AutoModelForCausalLM  # noqa: E402

HERE = Path(__file__).resolve().parent.parent / "fixtures" / "families"
VOCAB, WINDOW, NEW_TOKENS, MIN_GAP = 160, 8, 12, 5e-3
TEXT_LENGTHS = [7, WINDOW, WINDOW + 1, 40]
PROMPT_LENGTHS = [9, 30]
SHAPE = dict(
    vocab_size=VOCAB, hidden_size=32, intermediate_size=48, num_hidden_layers=3, num_attention_heads=4,
    num_key_value_heads=2, max_position_embeddings=64, rms_norm_eps=1e-3, initializer_range=0.3,
    bos_token_id=1, eos_token_id=2, pad_token_id=0,
)  # fmt: skip
# Keys that only transformers 5 writes, or that a configuration of version 4 has elsewhere.
V5_KEYS = ["rope_parameters", "layer_types", "dtype", "use_bidirectional_attention"]


def rope(theta, **more):
    return {"rope_type": "default", "rope_theta": theta, **more}


SHORT, LONG = [1.0, 1.3, 1.9], [1.2, 2.7, 5.5]  # longrope; head_dim 8 x 0.75 / 2 = 3 frequencies
YARN = dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=16, attention_factor=1.1386,
            beta_fast=32.0, beta_slow=1.0)  # fmt: skip
GRANITE = dict(embedding_multiplier=6.0, attention_multiplier=0.2, residual_multiplier=0.35, logits_scaling=2.5)
QWEN2_WINDOW = dict(use_sliding_window=True, sliding_window=WINDOW, max_window_layers=2)
GEMMA = dict(head_dim=12, tie_word_embeddings=True)

# name: (model_type, differences from SHAPE in transformers 5's keys, their counterparts in version 4's,
#        keys of version 5 that version 4's configuration lacks besides V5_KEYS)
CASES = {
    "llama-bias": (
        "llama", dict(attention_bias=True, mlp_bias=True, rope_parameters=rope(5e5)),
        dict(rope_theta=5e5, rope_scaling=None, pretraining_tp=1), ["head_dim"]),
    "mistral": (
        "mistral", dict(sliding_window=WINDOW, rope_parameters=rope(10000.0)),
        dict(rope_theta=10000.0), ["head_dim"]),
    "qwen2-window": (
        "qwen2", dict(num_hidden_layers=4, rope_parameters=rope(1e6), **QWEN2_WINDOW), dict(rope_theta=1e6), []),
    "qwen2-no-window": (
        "qwen2", dict(use_sliding_window=False, sliding_window=WINDOW, max_window_layers=2,
                      rope_parameters=rope(1e6), tie_word_embeddings=True),
        dict(rope_theta=1e6, sliding_window=WINDOW), []),
    "qwen2-layer-types": (
        "qwen2", dict(rope_parameters=rope(1e6), **QWEN2_WINDOW,
                      layer_types=["sliding_attention", "full_attention", "sliding_attention"]),
        dict(rope_theta=1e6, layer_types=["sliding_attention", "full_attention", "sliding_attention"]), []),
    "qwen3": (
        "qwen3", dict(head_dim=12, tie_word_embeddings=True, rope_parameters=rope(1e6)),
        dict(rope_theta=1e6, rope_scaling=None, max_window_layers=28), []),
    "smollm3": (
        "smollm3", dict(num_hidden_layers=4, no_rope_layer_interval=3, rope_parameters=rope(5e6)),
        dict(rope_theta=5e6, rope_scaling=None, max_window_layers=28, pretraining_tp=2), ["no_rope_layers"]),
    "smollm3-window": (
        "smollm3", dict(no_rope_layers=[1, 0, 1], use_sliding_window=True, sliding_window=WINDOW,
                        rope_parameters=rope(5e6), tie_word_embeddings=False),
        dict(rope_theta=5e6, rope_scaling=None), []),
    "olmo2": (
        "olmo2", dict(rope_parameters=rope(5e5)), dict(rope_theta=5e5, rope_scaling=None), []),
    "olmo3": (
        "olmo3", dict(num_hidden_layers=4, sliding_window=WINDOW,
                      rope_parameters={"sliding_attention": rope(5e5), "full_attention": rope(5e5) | YARN}),
        dict(rope_theta=5e5, rope_scaling=YARN), []),
    "granite": (
        "granite", dict(tie_word_embeddings=True, rope_parameters=rope(10000.0), **GRANITE),
        dict(rope_theta=10000.0, rope_scaling=None), []),
    "phi3": (
        "phi3", dict(sliding_window=WINDOW, original_max_position_embeddings=64, rope_parameters=rope(10000.0)),
        dict(rope_theta=10000.0, rope_scaling=None, attention_bias=False), []),
    "phi3-partial": (
        "phi3", dict(original_max_position_embeddings=64, tie_word_embeddings=True,
                     rope_parameters=rope(10000.0, partial_rotary_factor=0.5)),
        dict(rope_theta=10000.0, rope_scaling=None, partial_rotary_factor=0.5), []),
    "phi3-longrope": (
        "phi3", dict(original_max_position_embeddings=24, sliding_window=262144,
                     rope_parameters=dict(rope_type="longrope", rope_theta=10000.0, partial_rotary_factor=0.75,
                                          short_factor=SHORT, long_factor=LONG)),
        dict(rope_theta=10000.0, partial_rotary_factor=0.75, attention_bias=False,
             rope_scaling=dict(type="longrope", short_factor=SHORT, long_factor=LONG)), []),
    "gemma": (
        "gemma", dict(rope_parameters=rope(10000.0), **GEMMA),
        dict(rope_theta=10000.0, rope_scaling=None, hidden_act="gelu", hidden_activation=None), []),
    "gemma2": (
        "gemma2", dict(attn_logit_softcapping=4.0, final_logit_softcapping=1.5, query_pre_attn_scalar=20,
                       sliding_window=WINDOW, rope_parameters=rope(10000.0), **GEMMA),
        dict(rope_theta=10000.0, hidden_act="gelu_pytorch_tanh", cache_implementation="hybrid",
             sliding_window_size=WINDOW), []),
    "gemma3": (
        "gemma3_text", dict(
            num_hidden_layers=4, query_pre_attn_scalar=20, sliding_window=WINDOW, eos_token_id=[1, 106], bos_token_id=2,
            layer_types=["sliding_attention", "sliding_attention", "full_attention", "sliding_attention"],
            rope_parameters={"sliding_attention": rope(10000.0),
                             "full_attention": rope(1e6) | dict(rope_type="linear", factor=8.0)}, **GEMMA),
        dict(rope_theta=1e6, rope_local_base_freq=10000.0, rope_scaling=dict(rope_type="linear", factor=8.0),
             sliding_window_pattern=3, cache_implementation="hybrid"), ["_sliding_window_pattern"]),
}  # fmt: skip
# On both sides of original_max_position_embeddings, and across it.
MORE_TEXTS = {"phi3-longrope": [24, 25]}
MORE_PROMPTS = {"phi3-longrope": [20]}


def main(names):
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    torch.set_grad_enabled(False)
    path = HERE / "expected.json"
    known = json.loads(path.read_text()) if path.exists() and names else {}
    for name in names or CASES:
        known[name] = make(name)
        entry = known[name]
        gap = min(c["smallest_gap"] for c in entry["continuations"])
        print(f"{name:18} seed {entry['seed']}  gap {gap:.4f}  rounding {entry['rounding']:.1e}", flush=True)
    write(path, {name: known[name] if "rounding" not in known[name] else trimmed(known[name]) for name in CASES if name in known})


def trimmed(entry):
    """Returns what tests compare: log_probs[i] is that of ids[i + 1] after ids[0..i], from one pass over
    all ids but the last."""
    return dict(
        texts=[dict(ids=t["ids"], log_probs=t.get("log_probs_of_inputs", t["log_probs"])) for t in entry["texts"]],
        continuations=[dict(prompt=c["prompt"], ids=c["ids"]) for c in entry["continuations"]],
    )


def make(name):
    """Writes the folder of a case and returns its expected outputs, for the first seed whose generated
    text is clearly decided and varied."""
    model_type, changes, v4, dropped = CASES[name]
    folder = HERE / name
    for seed in range(100):
        shutil.rmtree(folder, ignore_errors=True)
        config = AutoConfig.for_model(model_type, **{**SHAPE, **changes})
        save(config, seed, folder)
        model = load(folder)
        generator = torch.Generator().manual_seed(1000 + seed)
        continuations = [continuation(model, ids(n, generator)) for n in PROMPT_LENGTHS + MORE_PROMPTS.get(name, [])]
        if all(c and c["smallest_gap"] > MIN_GAP and len(set(c["ids"])) > 4 for c in continuations):
            break
    else:
        raise RuntimeError(f"{name}: no seed has clear argmaxes without too many repetitions")
    texts = [text(model, ids(n, generator)) for n in TEXT_LENGTHS + MORE_TEXTS.get(name, [])]
    write_v4(folder, v4, dropped)
    check_v4(folder, model, [t["ids"] for t in texts])
    logits = [model(torch.tensor([t["ids"]])).logits for t in texts]
    model.double()
    rounding = max((model(torch.tensor([t["ids"]])).logits - l).abs().max().item() for t, l in zip(texts, logits))
    return dict(
        model_type=model_type, seed=seed, layer_types=getattr(model.config, "layer_types", None), rounding=rounding,
        texts=texts, continuations=continuations,
    )  # fmt: skip


def save(config, seed, folder):
    """Saves a model with random weights, including norms and biases, as BF16."""
    model = AutoModelForCausalLM.from_config(config, attn_implementation="eager", dtype=torch.float32)
    generator = torch.Generator().manual_seed(seed)
    for name, weight in model.named_parameters():
        center = float(name.endswith("norm.weight") and "gemma" not in config.model_type)
        deviation = 0.3
        if "embed_tokens" in name and config.tie_word_embeddings:  # with more, models only repeat the last token
            deviation = 0.1 if "gemma" in config.model_type else 0.15
        weight.copy_(center + deviation * torch.randn(weight.shape, generator=generator))
    model.to(torch.bfloat16).save_pretrained(folder)
    (folder / "generation_config.json").unlink()


def load(folder):
    model, info = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True
    )
    assert not any(info.values()), info
    return model.eval()


def ids(count, generator):
    return torch.randint(3, VOCAB, (count,), generator=generator).tolist()


def text(model, ids):
    logits = model(torch.tensor([ids])).logits[0]
    entry = dict(ids=ids, last_logits=rounded(logits[-1]), log_probs=log_probs(logits, ids))
    of_inputs = log_probs(model(torch.tensor([ids[:-1]])).logits[0], ids)
    if max(abs(a - b) for a, b in zip(entry["log_probs"], of_inputs)) > 1e-3:
        entry["log_probs_of_inputs"] = of_inputs
    return entry


def log_probs(logits, ids):
    targets = torch.tensor(ids[1:])[:, None]
    return rounded(logits[: len(targets)].double().log_softmax(-1).gather(1, targets)[:, 0])


def continuation(model, prompt):
    """Returns the greedy continuation of a prompt; None if it ends early. Raises RuntimeError if a pass
    without cache disagrees."""
    inputs = torch.tensor([prompt])
    out = model.generate(
        inputs, attention_mask=torch.ones_like(inputs), do_sample=False, max_new_tokens=NEW_TOKENS
    )[0].tolist()
    if len(out) < len(prompt) + NEW_TOKENS:
        return None
    gap = float("inf")
    for end in range(len(prompt), len(out)):
        top = model(torch.tensor([out[:end]]), use_cache=False).logits[0, -1].topk(2)
        if top.indices[0] != out[end] and top.values[0] - top.values[1] > MIN_GAP:
            raise RuntimeError(f"generate() disagrees with a pass without cache at {end}")
        gap = min(gap, (top.values[0] - top.values[1]).item())
    return dict(prompt=prompt, ids=out[len(prompt) :], smallest_gap=round(gap, 6))


def write_v4(folder, v4, dropped):
    config = json.loads((folder / "config.json").read_text())
    config = {k: x for k, x in config.items() if k not in V5_KEYS + dropped}
    config |= v4 | dict(torch_dtype="bfloat16", transformers_version="4.51.3")
    write(folder / "config_v4.json", dict(sorted(config.items())), indent=2)


def check_v4(folder, model, texts):
    """Checks that the folder with config_v4.json in place of config.json gives bit-identical logits."""
    with tempfile.TemporaryDirectory() as other:
        shutil.copy(folder / "config_v4.json", Path(other, "config.json"))
        shutil.copy(folder / "model.safetensors", other)
        v4 = load(other)
    for ids in texts:
        same = torch.equal(model(torch.tensor([ids])).logits, v4(torch.tensor([ids])).logits)
        assert same, f"{folder.name}: config_v4.json gives different logits"


def rounded(values):
    return [round(x, 6) for x in values.tolist()]


def write(path, value, indent=None):
    path.write_text(json.dumps(value, indent=indent, separators=None if indent else (",", ":")) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
