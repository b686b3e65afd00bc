"""The scoring of lm-evaluation-harness in eager PyTorch, timed on request.

Started by scripts/bench.ts if torch can be imported. Arguments are a JSON object (directory, config, requests
as pairs of token lists, batch) and a thread count. Each line on standard input requests one run over all
requests and is answered with its seconds; "largest", with the largest difference from covey's sums.
"""
import json
import struct
import sys
import time

import torch
import torch.nn.functional as F

sys.argv, arguments = sys.argv[:1], sys.argv[1:]
from torch_step import Llama  # noqa: E402


def load(directory, config, sequence):
    data = open(f"{directory}/model.safetensors", "rb").read()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    model = Llama(config, sequence, config["rms_norm_eps"])
    names = {
        "embed.weight": "model.embed_tokens.weight",
        "norm.weight": "model.norm.weight",
        "lm_head.weight": "lm_head.weight",
    }
    parts = {
        "attention_norm": "input_layernorm",
        "mlp_norm": "post_attention_layernorm",
        **{p: f"self_attn.{p}_proj" for p in "qkvo"},
        **{p: f"mlp.{p}_proj" for p in ("gate", "up", "down")},
    }
    state = model.state_dict()
    for name in state:
        if name in ("cos", "sin", "mask"):
            continue
        if name.startswith("blocks."):
            _, layer, part, kind = name.split(".")
            source = f"model.layers.{layer}.{parts[part]}.{kind}"
        else:
            source = names[name]
        entry = header[source]
        start, end = (8 + length + offset for offset in entry["data_offsets"])
        values = torch.frombuffer(bytearray(data[start:end]), dtype=torch.float32)
        state[name] = values.reshape(entry["shape"])
    model.load_state_dict(state)
    return model


def score(model, requests, batch):
    """Scores longest first, padded on the right, in one pass for requests with equal inputs."""
    groups = {}
    for index, (context, continuation) in enumerate(requests):
        groups.setdefault(tuple(context + continuation[:-1]), []).append(index)
    ordered = sorted(groups.items(), key=lambda item: -len(item[0]))
    sums = [0.0] * len(requests)
    with torch.no_grad():
        for start in range(0, len(ordered), batch):
            part = ordered[start : start + batch]
            width = len(part[0][0])
            tokens = torch.zeros(len(part), width, dtype=torch.long)
            for row, (text, _) in enumerate(part):
                tokens[row, : len(text)] = torch.tensor(text)
            logits = F.log_softmax(model(tokens, width), dim=-1)
            for row, (text, indices) in enumerate(part):
                for index in indices:
                    continuation = requests[index][1]
                    own = logits[row, len(text) - len(continuation) : len(text)]
                    picked = own.gather(1, torch.tensor(continuation)[:, None])
                    own.argmax(-1)
                    sums[index] = float(picked.sum())
    return sums


def main():
    subject, threads = json.loads(arguments[0]), int(arguments[1])
    torch.set_num_threads(threads)
    case = json.load(open(subject["path"]))
    longest = max(len(a) + len(b) for a, b in case["requests"])
    model = load(case["directory"], case["config"], longest)
    print(torch.__version__, flush=True)
    sums = []
    for line in sys.stdin:
        if line.strip() == "largest":
            print(max(abs(a - b) for a, b in zip(sums, json.load(open(subject["path"]))["sums"])), flush=True)
            continue
        start = time.perf_counter()
        sums = score(model, case["requests"], int(line))
        print(time.perf_counter() - start, flush=True)


main()
