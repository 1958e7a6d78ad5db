"""PEFT's layers with our dropout masks, so that both programs drop the same inputs.

The masks are the hash that src/ops/dropout-hash.ts writes down, evaluated here on its own:

    key     = mix(mix(mix(seed) ^ step) ^ micro_batch)    step from 1, micro_batch from 0
    row_key = mix(mix(key ^ module) ^ row)                row: row of the batch * padded length + position
    kept    = mix(row_key ^ column) >= floor(p * 2^32)    kept inputs are times 1 / (1 - p)
"""

import math

import numpy
import torch
from peft.tuners.lora import LoraLayer

# Rows of a batch are padded to a multiple of this, also where padding is left out of the computation.
PADDED_TO = 16


def mix(value):
    """A bijection of unsigned 32-bit numbers."""
    x = numpy.asarray(value, dtype=numpy.uint64)
    x = (x ^ (x >> 16)) * 0x21F0AAAD & 0xFFFFFFFF
    x = (x ^ (x >> 15)) * 0xD35A2D97 & 0xFFFFFFFF
    return x ^ (x >> 15)


class HashedDropout(torch.nn.Module):
    """Stands where PEFT has nn.Dropout; `key` is set before each micro-batch."""

    def __init__(self, module, p):
        super().__init__()
        self.module, self.p, self.key = module, p, None

    def forward(self, x):
        rows, length, width = x.shape
        padded = PADDED_TO * math.ceil(length / PADDED_TO)
        row = numpy.arange(rows)[:, None] * padded + numpy.arange(length)[None, :]
        row_key = mix(mix(self.key ^ self.module) ^ row.astype(numpy.uint64))
        hashed = mix(row_key[:, :, None] ^ numpy.arange(width, dtype=numpy.uint64))
        kept = torch.from_numpy(hashed >= math.floor(self.p * 2**32))
        return x * kept / (1 - self.p)


class Dropouts:
    """All of a model's, in the order of its modules."""

    def __init__(self, model, p, seed):
        layers = [module for module in model.modules() if isinstance(module, LoraLayer)]
        assert layers, "dropout without a layer of LoRA"
        self.seed, self.all = seed, []
        for number, layer in enumerate(layers):
            # Of the layer alone: what the base itself would drop stays off.
            layer.train()
            self.all.append(HashedDropout(number, p))
            layer.lora_dropout["default"] = self.all[-1]

    def at(self, step, micro):
        key = mix(mix(mix(self.seed) ^ numpy.uint64(step)) ^ numpy.uint64(micro))
        for dropout in self.all:
            dropout.key = key
