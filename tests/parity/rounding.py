"""A run through the rounding of a merged file: every linear of the blocks with the weight that the file will have.

The rounding is the `gguf` package's, W' = Q(W + s·BA) in blocks of 32 inputs; PyTorch's gradient goes straight through it.
Rows that are not whole blocks stay as they are. Beside the base, as PEFT answers, the trained adapter is none of this.
"""

import torch
from peft.tuners.lora import LoraLayer
from transformers.pytorch_utils import Conv1D

from base import ggml

BLOCK = 32


class Straight(torch.autograd.Function):
    @staticmethod
    def forward(ctx, weight, target):
        return ggml(weight.detach(), target)

    @staticmethod
    def backward(ctx, gradient):
        return gradient, None


def through_rounding(model, target):
    """Gives each linear of the blocks, adapted or not, a forward of its own."""
    blocks = model.base_model.model.base_model
    adapted = [module for module in blocks.modules() if isinstance(module, LoraLayer)]
    assert adapted, "rounding without a layer of LoRA"
    parts = {id(part) for module in adapted for part in module.modules() if part is not module}
    alone = [
        module
        for module in blocks.modules()
        if isinstance(module, (torch.nn.Linear, Conv1D)) and id(module) not in parts
    ]
    assert all(not layer.lora_bias["default"] for layer in adapted)
    for module in adapted:
        module.forward = rounded(module.base_layer, target, lambda module=module: module.get_delta_weight("default"))
    for module in alone:
        module.forward = rounded(module, target, lambda: 0)
    return len(adapted) + len(alone)


def rounded(linear, target, delta):
    stored_transposed = isinstance(linear, Conv1D)

    def forward(x, *args, **kwargs):
        weight = linear.weight + delta()
        weight = weight.T if stored_transposed else weight
        if weight.shape[1] % BLOCK == 0:
            weight = Straight.apply(weight.contiguous(), target)
        return torch.nn.functional.linear(x, weight, linear.bias)

    return forward
