"""Writes fixtures/torch/: a random one-layer LLaMA as torch.save has it under several names, and as safetensors.

    pip install torch safetensors && python scripts/make_torch_vectors.py
"""

import json
import pickle
from collections import OrderedDict
from pathlib import Path

import torch
from safetensors.torch import save_file

OUT = Path(__file__).parent.parent / "fixtures/torch"
OUT.mkdir(exist_ok=True)
torch.manual_seed(5)
DIM, HEADS, KEYS, UNIT, VOCABULARY = 16, 2, 1, 24, 24
HEAD = DIM // HEADS
shapes = {
    "tok_embeddings": (VOCABULARY, DIM), "layers.0.attention_norm": (DIM,), "layers.0.attention.wq": (DIM, DIM),
    "layers.0.attention.wk": (KEYS * HEAD, DIM), "layers.0.attention.wv": (KEYS * HEAD, DIM),
    "layers.0.attention.wo": (DIM, DIM), "layers.0.ffn_norm": (DIM,), "layers.0.feed_forward.w1": (UNIT, DIM),
    "layers.0.feed_forward.w2": (DIM, UNIT), "layers.0.feed_forward.w3": (UNIT, DIM), "norm": (DIM,),
    "output": (VOCABULARY, DIM),
}
meta = OrderedDict((f"{name}.weight", torch.randn(shape)) for name, shape in shapes.items())
names = {
    "tok_embeddings": "model.embed_tokens", "attention_norm": "input_layernorm", "attention.wq": "self_attn.q_proj",
    "attention.wk": "self_attn.k_proj", "attention.wv": "self_attn.v_proj", "attention.wo": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm", "feed_forward.w1": "mlp.gate_proj", "feed_forward.w2": "mlp.down_proj",
    "feed_forward.w3": "mlp.up_proj", "norm": "model.norm", "output": "lm_head",
}


def to_hugging_face(state):
    """As transformers' own conversion of LLaMA permutes queries and keys."""
    result = OrderedDict()
    for name, weights in state.items():
        stem = name.removesuffix(".weight")
        inner = stem.removeprefix("layers.0.")
        if inner in ("attention.wq", "attention.wk"):
            count = weights.shape[0] // HEAD
            weights = weights.view(count, HEAD // 2, 2, DIM).transpose(1, 2).reshape(weights.shape).contiguous()
        prefix = "model.layers.0." if stem != inner else ""
        result[f"{prefix}{names[inner]}.weight"] = weights
    return result


expected = to_hugging_face(meta)
save_file(expected, OUT / "expected.safetensors")
config = {
    "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_act": "silu", "vocab_size": VOCABULARY,
    "hidden_size": DIM, "intermediate_size": UNIT, "num_hidden_layers": 1, "num_attention_heads": HEADS,
    "num_key_value_heads": KEYS, "max_position_embeddings": 64, "rms_norm_eps": 1e-5, "rope_theta": 500000.0,
    "tie_word_embeddings": False,
}
(OUT / "config.json").write_text(json.dumps(config))
params = {"dim": DIM, "n_layers": 1, "n_heads": HEADS, "n_kv_heads": KEYS, "vocab_size": -1, "multiple_of": 8,
          "norm_eps": 1e-5, "rope_theta": 500000.0}
(OUT / "params.json").write_text(json.dumps(params))
torch.save(meta, OUT / "meta.pth")
torch.save(expected, OUT / "hugging_face.bin")
wrapped = {"model": {f"layers.0._orig_mod._checkpoint_wrapped_module.{k[9:]}" if k.startswith("layers.0.") else k: v
                     for k, v in meta.items()}, "step": 7, "lr": 0.1, "done": True, "note": None}
torch.save(wrapped, OUT / "titan.pt")
tied = OrderedDict(meta)
tied["output.weight"] = tied["tok_embeddings.weight"]
torch.save(tied, OUT / "tied.pth")
torch.save({k: v.bfloat16() for k, v in expected.items()}, OUT / "bf16.bin")
torch.save(OrderedDict((k, torch.nn.Parameter(v)) for k, v in expected.items()), OUT / "parameters.bin")
torch.save({"x": torch.arange(6.0).reshape(2, 3).t()}, OUT / "transposed.pt")


class Shell:
    def __reduce__(self):
        import os
        return (os.system, ("touch /tmp/covey-was-here",))


torch.save({"model.embed_tokens.weight": Shell()}, OUT / "shell.pt")
