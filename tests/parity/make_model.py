"""Makes a tiny random model as a folder, as transformers saves it: one case of `npm run parity` each.

The tokenizer is the bundled model's. Weights are scaled up from the usual initialisation, so that logits are far
from flat and a wrong norm, rope or head order shows.
"""

import argparse
import pathlib
import shutil

import torch
from transformers import AutoModelForCausalLM, LlamaConfig

COMMON = dict(bos_token_id=None, pad_token_id=None, max_position_embeddings=512)

FAMILIES = {
    # Odd head counts, grouped keys and values, an untied head, a head width that is not hidden / heads.
    "llama-untied": lambda vocab, eos: LlamaConfig(
        vocab_size=vocab, hidden_size=72, intermediate_size=136, num_hidden_layers=3, num_attention_heads=6,
        num_key_value_heads=2, head_dim=16, rope_theta=5000.0, rms_norm_eps=1e-6, tie_word_embeddings=False,
        eos_token_id=eos, **COMMON,
    ),
    # One key and value head for all, tied head.
    "llama-tied": lambda vocab, eos: LlamaConfig(
        vocab_size=vocab, hidden_size=60, intermediate_size=100, num_hidden_layers=2, num_attention_heads=3,
        num_key_value_heads=1, head_dim=20, rope_theta=10000.0, tie_word_embeddings=True, eos_token_id=eos, **COMMON,
    ),
}  # fmt: skip


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("family", choices=FAMILIES)
    parser.add_argument("--tokenizer", required=True, help="folder that the tokenizer is copied from")
    parser.add_argument("--dtype", default="float32", choices=["float32", "float16", "bfloat16"])
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    import json

    tokenizer = pathlib.Path(args.tokenizer)
    config = json.loads((tokenizer / "config.json").read_text())
    torch.manual_seed(1234)
    model = AutoModelForCausalLM.from_config(FAMILIES[args.family](config["vocab_size"], config["eos_token_id"]))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() == 1:
                parameter.copy_(1 + 0.2 * torch.randn_like(parameter) if "norm" in name else 0.1 * torch.randn_like(parameter))
            else:
                parameter.copy_(torch.randn_like(parameter) / parameter.shape[-1] ** 0.5)
    model.to(getattr(torch, args.dtype)).save_pretrained(args.out)
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        if (tokenizer / name).exists():
            shutil.copy(tokenizer / name, args.out)


if __name__ == "__main__":
    main()
