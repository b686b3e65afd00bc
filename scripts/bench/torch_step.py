"""One LLaMA training step in eager PyTorch, the same mathematics as covey's, timed on request.

Started by scripts/bench.ts if torch can be imported. Arguments are a JSON object and a thread count. Each
line on standard input requests one step and is answered with its seconds; "losses N" requests the losses of N
sequences without gradients; "memory" is answered with the peak in bytes.
"""
import json
import math
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn


class RMSNorm(nn.Module):
    def __init__(self, width, epsilon=1e-6):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.epsilon = epsilon

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.epsilon) * self.weight


def rotate(x, cos, sin):
    first, second = x.chunk(2, dim=-1)
    return torch.cat([first * cos - second * sin, second * cos + first * sin], dim=-1)


class Block(nn.Module):
    def __init__(self, c, epsilon):
        super().__init__()
        h, i = c["hidden_size"], c["intermediate_size"]
        self.heads, self.groups = c["num_attention_heads"], c["num_key_value_heads"]
        self.head = h // self.heads
        linear = lambda a, b: nn.Linear(a, b, bias=False)
        self.attention_norm, self.mlp_norm = RMSNorm(h, epsilon), RMSNorm(h, epsilon)
        self.q, self.o = linear(h, h), linear(h, h)
        self.k, self.v = linear(h, self.groups * self.head), linear(h, self.groups * self.head)
        self.gate, self.up, self.down = linear(h, i), linear(h, i), linear(i, h)

    def forward(self, x, cos, sin, mask):
        b, s, _ = x.shape
        n = self.attention_norm(x)
        q = rotate(self.q(n).view(b, s, self.heads, self.head).transpose(1, 2), cos, sin)
        k = rotate(self.k(n).view(b, s, self.groups, self.head).transpose(1, 2), cos, sin)
        v = self.v(n).view(b, s, self.groups, self.head).transpose(1, 2)
        shared = self.heads // self.groups
        if shared > 1:
            k, v = k.repeat_interleave(shared, 1), v.repeat_interleave(shared, 1)
        if hasattr(F, "scaled_dot_product_attention"):
            mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        else:
            mixed = F.softmax(q @ k.transpose(-1, -2) / math.sqrt(self.head) + mask, dim=-1) @ v
        x = x + self.o(mixed.transpose(1, 2).reshape(b, s, -1))
        n = self.mlp_norm(x)
        return x + self.down(F.silu(self.gate(n)) * self.up(n))


class Llama(nn.Module):
    def __init__(self, c, sequence, epsilon=1e-6):
        super().__init__()
        self.embed = nn.Embedding(c["vocab_size"], c["hidden_size"])
        self.blocks = nn.ModuleList(Block(c, epsilon) for _ in range(c["num_hidden_layers"]))
        self.norm = RMSNorm(c["hidden_size"], epsilon)
        self.lm_head = nn.Linear(c["hidden_size"], c["vocab_size"], bias=False)
        head = c["hidden_size"] // c["num_attention_heads"]
        angle = torch.arange(sequence)[:, None] * 10000.0 ** (-torch.arange(0, head, 2) / head)
        self.register_buffer("cos", angle.cos().float())
        self.register_buffer("sin", angle.sin().float())
        self.register_buffer("mask", torch.full((sequence, sequence), -1e30).triu(1))

    def forward(self, tokens, length=None):
        x = self.embed(tokens)
        cos, sin, mask = self.cos[:length], self.sin[:length], self.mask[:length, :length]
        for block in self.blocks:
            x = block(x, cos, sin, mask)
        return self.lm_head(self.norm(x))


def main():
    case, threads = json.loads(sys.argv[1]), int(sys.argv[2])
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    config = case["config"]
    model = Llama(config, case["sequence"])
    optimizer = torch.optim.AdamW(model.parameters(), 1e-4, (0.9, 0.95), 1e-8, 0.1)
    tokens = torch.randint(config["vocab_size"], (case["batch"], case["sequence"] + 1))
    print(torch.__version__, flush=True)
    for line in sys.stdin:
        if line.strip() == "memory":
            status = open("/proc/self/status").read()
            print(1024 * int(status.split("VmHWM:")[1].split()[0]), flush=True)
            continue
        start = time.perf_counter()
        if line.startswith("losses"):
            with torch.no_grad():
                for _ in range(0, int(line.split()[1]), case["batch"]):
                    logits = model(tokens[:, :-1]).reshape(-1, config["vocab_size"])
                    losses = F.cross_entropy(logits, tokens[:, 1:].reshape(-1), reduction="none")
                    losses.view(case["batch"], -1).mean(1).tolist()
            print(time.perf_counter() - start, flush=True)
            continue
        optimizer.zero_grad(set_to_none=True)
        logits = model(tokens[:, :-1])
        loss = F.cross_entropy(logits.reshape(-1, config["vocab_size"]), tokens[:, 1:].reshape(-1))
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        loss.item()
        print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main()
