"""Writes fixtures/gguf/blocks.json: numbers, and the blocks that llama.cpp's own library makes of them.

    pip install numpy && python scripts/make_block_vectors.py LIBGGML_BASE

LIBGGML_BASE is libggml-base.so of a build of llama.cpp; that of node-llama-cpp 3.21.1 made the vectors.
"""

import base64
import ctypes
import json
import sys
from pathlib import Path

import numpy as np

library = ctypes.CDLL(sys.argv[1])
library.ggml_quantize_chunk.restype = ctypes.c_size_t
library.ggml_quantize_chunk.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p] + [ctypes.c_int64] * 3 + [
    ctypes.c_void_p]
draw = np.random.default_rng(4)
COUNT = 768
rows = {
    "normal": draw.standard_normal(COUNT), "small": draw.standard_normal(COUNT) * 0.02,
    "heavy tails": draw.standard_t(3, COUNT), "positive": draw.uniform(0.1, 1, COUNT),
    "with zeros": np.concatenate([np.zeros(300), draw.standard_normal(COUNT - 300) * 1e-3]),
}
TYPES = {"Q8_0": (8, 32, 34), "Q4_0": (2, 32, 18), "Q4_K": (12, 256, 144), "Q6_K": (14, 256, 210)}
encode = lambda array: base64.b64encode(array.tobytes()).decode()
result = {}
for name, row in rows.items():
    values = row.astype(np.float32)
    blocks = {}
    for kind, (code, elements, size) in TYPES.items():
        out = np.zeros(COUNT // elements * size, np.uint8)
        written = library.ggml_quantize_chunk(code, values.ctypes.data, out.ctypes.data, 0, 1, COUNT, None)
        assert written == out.size
        blocks[kind] = encode(out)
    result[name] = {"values": encode(values), "blocks": blocks}
path = Path(__file__).parent.parent / "fixtures/gguf/blocks.json"
path.write_text(json.dumps(result, separators=(",", ":")) + "\n")
