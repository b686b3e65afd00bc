"""Writes fixtures/gauntlet/powers.json: exp and powers, correctly rounded by mpmath 1.3.

    pip install mpmath && python scripts/make_power_vectors.py
"""

import json
import random
import struct
from pathlib import Path

import mpmath

mpmath.mp.prec = 400
draw = random.Random(11)


def bits(value):
    return struct.pack(">d", value).hex()


def exact(value):
    return float(mpmath.mpf(value))


exponents = [0.0, -0.0, 1.0, -1.0, 25 / 3, 709.782712893384, 709.7827128933841, 710.0, -708.0, -746.0]
exponents += [draw.uniform(-2, 8) for _ in range(300)] + [draw.uniform(-690, 709) for _ in range(200)]
exponents += [draw.choice([-1, 1]) * 2.0 ** -draw.randint(1, 60) for _ in range(50)]
bases = [(draw.random(), 2.5) for _ in range(300)]
bases += [(draw.uniform(0, 40), draw.choice([2, 1.5, 2.5, 0.5, 3])) for _ in range(150)]
bases += [(draw.uniform(0, 1), draw.randint(0, 250)) for _ in range(150)]
bases += [(0.0, 2.5), (0.0, 0.0), (1.0, 7.25), (5e-324, 0.5), (1.7976931348623157e308, 1.0), (2.0, 1023.0)]
bases += [(1 + draw.uniform(-1e-9, 1e-9), draw.uniform(0, 1e9)) for _ in range(50)]
rows = {
    "exp": [[bits(x), bits(exact(mpmath.exp(mpmath.mpf(x))))] for x in exponents],
    "power": [
        [bits(x), bits(y), bits(exact(mpmath.power(mpmath.mpf(x), mpmath.mpf(y))))] for x, y in bases
    ],
}
# What underflows to numbers of fewer bits is rounded twice here and there: left out.
tiny = lambda text: 0 < abs(struct.unpack(">d", bytes.fromhex(text))[0]) < 2.3e-308
rows = {kind: [row for row in list_ if not tiny(row[-1])] for kind, list_ in rows.items()}
path = Path(__file__).parent.parent / "fixtures/gauntlet/powers.json"
path.parent.mkdir(exist_ok=True)
path.write_text(json.dumps(rows, separators=(",", ":")) + "\n")
