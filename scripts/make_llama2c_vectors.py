"""Writes fixtures/llama2c.json: hashes of fixtures/tiny_llama in llama2.c's formats 0 and 1, laid out with numpy.

    pip install numpy && python scripts/make_llama2c_vectors.py
"""

import hashlib
import json
import struct
from pathlib import Path

import numpy as np

FIXTURES = Path(__file__).parent.parent / "fixtures"
config = json.loads((FIXTURES / "tiny_llama/config.json").read_text())
raw = (FIXTURES / "tiny_llama/model.f32.safetensors").read_bytes()
length = struct.unpack("<Q", raw[:8])[0]
header = json.loads(raw[8 : 8 + length])
body = raw[8 + length :]


def tensor(name):
    start, end = header[name]["data_offsets"]
    return np.frombuffer(body[start:end], np.float32).reshape(header[name]["shape"])


layers, heads = config["num_hidden_layers"], config["num_attention_heads"]
keys, dim, positions = config["num_key_value_heads"], config["hidden_size"], config["max_position_embeddings"]


def neighbours(weights, count):
    """Rows of each head: first and second of every rotated pair side by side."""
    head = weights.reshape(count, 2, -1, dim)
    return np.stack([head[:, 0], head[:, 1]], axis=2).reshape(weights.shape)


def block(i, module):
    weights = tensor(f"model.layers.{i}.{module}.weight")
    return neighbours(weights, {"q": heads, "k": keys}[module[-6]]) if module[-6] in "qk" and "attn" in module else weights


def every(module):
    return [block(i, module) for i in range(layers)]


attention = [w for name in "qkvo" for w in every(f"self_attn.{name}_proj")]
unit = [w for name in ("gate", "down", "up") for w in every(f"mlp.{name}_proj")]
angles = np.outer(np.arange(positions), config["rope_theta"] ** (-np.arange(0, dim // heads, 2) / (dim // heads)))
sizes = [dim, config["intermediate_size"], layers, heads, keys, config["vocab_size"], positions]
zero = [tensor("model.embed_tokens.weight"), *every("input_layernorm"), *attention, *every("post_attention_layernorm"),
        *unit, tensor("model.norm.weight"), np.cos(angles), np.sin(angles), tensor("lm_head.weight")]
one = [*every("input_layernorm"), *every("post_attention_layernorm"), tensor("model.norm.weight"),
       tensor("model.embed_tokens.weight"), *attention, *unit, tensor("lm_head.weight")]
pack = lambda tensors: b"".join(np.ascontiguousarray(t, np.float32).tobytes() for t in tensors)
files = {
    "0": struct.pack("<7i", *sizes[:5], -sizes[5], sizes[6]) + pack(zero),
    "1": (struct.pack("<Ii7iB", 0x616B3432, 1, *sizes, 0)).ljust(256, b"\0") + pack(one),
}
(FIXTURES / "llama2c.json").write_text(
    json.dumps({v: {"bytes": len(f), "sha256": hashlib.sha256(f).hexdigest()} for v, f in files.items()}) + "\n")
