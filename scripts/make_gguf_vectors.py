"""Writes fixtures/gguf/*.gguf: the model of fixtures/tiny_llama with a tokenizer, by the gguf package itself.

    pip install gguf==0.19.0 && python scripts/make_gguf_vectors.py
"""

import json
import struct
from pathlib import Path

import gguf
import numpy as np

FIXTURES = Path(__file__).parent.parent / "fixtures"
config_text = (FIXTURES / "harness/model_bos/config.json").read_text()
config = json.loads(config_text)
tokenizer_text = (FIXTURES / "harness/model_bos/tokenizer.json").read_text()
tokenizer = json.loads(tokenizer_text)

raw = (FIXTURES / "tiny_llama/model.f32.safetensors").read_bytes()
length = struct.unpack("<Q", raw[:8])[0]
header = json.loads(raw[8 : 8 + length])
tensors = {
    name: np.frombuffer(raw[8 + length :], np.float32, (e["data_offsets"][1] - e["data_offsets"][0]) // 4,
                        e["data_offsets"][0]).reshape(e["shape"])
    for name, e in header.items() if name != "__metadata__"
}
LAYERS = config["num_hidden_layers"]
names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, LAYERS)


def permute(weights, heads):
    """As llama.cpp's converter does it."""
    return (weights.reshape(heads, 2, weights.shape[0] // heads // 2, *weights.shape[1:])
            .swapaxes(1, 2).reshape(weights.shape))


order = ["model.embed_tokens.weight"]
for layer in range(LAYERS):
    order += [f"model.layers.{layer}.{name}.weight" for name in (
        "input_layernorm", "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj",
        "post_attention_layernorm", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj")]
order += ["model.norm.weight"] + (["lm_head.weight"] if "lm_head.weight" in tensors else [])

TYPES = {
    "f32": (gguf.GGMLQuantizationType.F32, 0), "f16": (gguf.GGMLQuantizationType.F16, 1),
    "bf16": (gguf.GGMLQuantizationType.BF16, 32), "q8_0": (gguf.GGMLQuantizationType.Q8_0, 7),
    "q4_0": (gguf.GGMLQuantizationType.Q4_0, 2),
}
(FIXTURES / "gguf").mkdir(exist_ok=True)
for name, (kind, file_type) in TYPES.items():
    writer = gguf.GGUFWriter(FIXTURES / f"gguf/tiny_llama.{name}.gguf", "llama")
    writer.add_type("model")
    writer.add_name("tiny_llama")
    writer.add_block_count(LAYERS)
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    head = config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"]
    writer.add_key_length(head)
    writer.add_value_length(head)
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_dimension_count(head)
    writer.add_rope_freq_base(config["rope_theta"])
    writer.add_vocab_size(config["vocab_size"])
    writer.add_file_type(file_type)
    writer.add_quantization_version(2)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    vocabulary = {**tokenizer["model"]["vocab"], **{a["content"]: a["id"] for a in tokenizer["added_tokens"]}}
    by_id = {id: token for token, id in vocabulary.items()}
    special = {a["id"]: 3 if a["special"] else 4 for a in tokenizer["added_tokens"]}
    ids = range(config["vocab_size"])
    writer.add_token_list([by_id.get(id, f"[PAD{id}]") for id in ids])
    writer.add_token_types([special.get(id, 1) if id in by_id else 5 for id in ids])
    writer.add_token_merges([m if isinstance(m, str) else " ".join(m) for m in tokenizer["model"]["merges"]])
    writer.add_bos_token_id(config["bos_token_id"])
    writer.add_eos_token_id(config["eos_token_id"])
    writer.add_add_bos_token(True)
    writer.add_string("tokenizer.huggingface.json", tokenizer_text)
    # As JavaScript writes numbers.
    compact = json.dumps(config, separators=(",", ":"), ensure_ascii=False)
    writer.add_string("covey.config", compact.replace("1e-05", "0.00001").replace("10000.0", "10000"))
    for tensor in order:
        data = tensors[tensor]
        if "q_proj" in tensor:
            data = permute(data, config["num_attention_heads"])
        if "k_proj" in tensor:
            data = permute(data, config["num_key_value_heads"])
        is_small = data.ndim < 2
        block = gguf.GGML_QUANT_SIZES[kind][0]
        fits = data.shape[-1] % block == 0
        target = gguf.GGMLQuantizationType.F32 if is_small else kind if fits else gguf.GGMLQuantizationType.F16
        data = np.ascontiguousarray(data)
        stored = data if target == gguf.GGMLQuantizationType.F32 else gguf.quants.quantize(data, target)
        writer.add_tensor(names.get_name(tensor, try_suffixes=(".weight",)), stored, raw_dtype=target)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
