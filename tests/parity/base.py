"""The base model as the run held it, in float32: loaded by transformers, rounded by other people's code.

`q8` and `q4`: every matrix but learned positions by the `gguf` package's Q8_0 and Q4_0. `nf4`: the linear layers of the
blocks by bitsandbytes, blocks of 64. Rows that are not whole blocks stay as they are.
"""

import pathlib

import torch
from transformers import AutoModelForCausalLM

EMBEDDINGS = ("embed_tokens", "lm_head", "wte", "embed_in", "embed_out")
POSITIONS = ("wpe",)


def load_base(path, dtype="auto"):
    path = pathlib.Path(path)
    folder, options = (path.parent, {"gguf_file": path.name}) if path.suffix == ".gguf" else (path, {})
    model = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager", **options
    ).eval()
    if dtype == "f16":
        hold(model, lambda weight: weight.half().float(), 1, embeddings=True)
    elif dtype in ("q8", "q4"):
        hold(model, lambda weight: ggml(weight, dtype), 32, embeddings=True)
    elif dtype == "nf4":
        hold(model, nf4, 64, embeddings=False)
    return model


def hold(model, rounded, block, embeddings):
    for name, parameter in model.named_parameters():
        part = name.split(".")[-2]
        if parameter.dim() < 2 or part in POSITIONS or (part in EMBEDDINGS and not embeddings):
            continue
        if parameter.shape[-1] % block == 0:
            with torch.no_grad():
                parameter.copy_(rounded(parameter.detach()))


def ggml(weight, dtype):
    from gguf import GGMLQuantizationType, quants

    kind = GGMLQuantizationType.Q8_0 if dtype == "q8" else GGMLQuantizationType.Q4_0
    return torch.from_numpy(quants.dequantize(quants.quantize(weight.numpy(), kind), kind))


def nf4(weight):
    from bitsandbytes import functional

    return functional.dequantize_4bit(*functional.quantize_4bit(weight, blocksize=64, quant_type="nf4"))
