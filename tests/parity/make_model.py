"""Makes a tiny random model as a folder, as transformers saves it: one case of `npm run parity` each.

The tokenizer is the bundled model's. Weights are scaled up from the usual initialisation, so that logits are far
from flat and a wrong norm, rope or head order shows.
"""

import argparse
import pathlib
import shutil

import torch
import transformers as hf

COMMON = dict(bos_token_id=None, pad_token_id=None, max_position_embeddings=512)
SMALL = dict(hidden_size=60, intermediate_size=100, num_hidden_layers=2, num_attention_heads=6, **COMMON)


def rope(theta=10000.0, **other):
    return {"rope_parameters": {"rope_type": "default", "rope_theta": theta, **other}}


FAMILIES = {
    # Odd head counts, grouped keys and values, an untied head, a head width that is not hidden / heads.
    "llama-untied": lambda vocab, eos: hf.LlamaConfig(
        vocab_size=vocab, hidden_size=72, intermediate_size=136, num_hidden_layers=3, num_attention_heads=6,
        num_key_value_heads=2, head_dim=16, rope_theta=5000.0, rms_norm_eps=1e-6, tie_word_embeddings=False,
        eos_token_id=eos, **COMMON,
    ),
    # One key and value head for all, tied head.
    "llama-tied": lambda vocab, eos: hf.LlamaConfig(
        vocab_size=vocab, hidden_size=60, intermediate_size=100, num_hidden_layers=2, num_attention_heads=3,
        num_key_value_heads=1, head_dim=20, rope_theta=10000.0, tie_word_embeddings=True, eos_token_id=eos, **COMMON,
    ),
    # Every row is whole blocks of 64.
    "llama-blocks": lambda vocab, eos: hf.LlamaConfig(
        vocab_size=vocab, hidden_size=128, intermediate_size=192, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, head_dim=32, tie_word_embeddings=True, eos_token_id=eos, **COMMON,
    ),
    "llama3": lambda vocab, eos: hf.LlamaConfig(
        vocab_size=vocab, num_key_value_heads=3, head_dim=16, tie_word_embeddings=True, eos_token_id=eos, **SMALL,
        **rope(5e5, rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
               original_max_position_embeddings=64),
    ),
    "mistral": lambda vocab, eos: hf.MistralConfig(
        vocab_size=vocab, num_key_value_heads=2, head_dim=12, sliding_window=24, tie_word_embeddings=False,
        eos_token_id=eos, **SMALL, **rope(),
    ),
    # A merged GGUF file has no window, and is refused where the base has one.
    "mistral-global": lambda vocab, eos: hf.MistralConfig(
        vocab_size=vocab, num_key_value_heads=2, head_dim=12, sliding_window=None, tie_word_embeddings=False,
        eos_token_id=eos, **SMALL, **rope(),
    ),
    "qwen2": lambda vocab, eos: hf.Qwen2Config(
        vocab_size=vocab, num_key_value_heads=2, tie_word_embeddings=True, use_sliding_window=False,
        eos_token_id=eos, **SMALL, **rope(1e6),
    ),
    "qwen3": lambda vocab, eos: hf.Qwen3Config(
        vocab_size=vocab, num_key_value_heads=2, head_dim=12, tie_word_embeddings=True, eos_token_id=eos, **SMALL,
        **rope(1e6),
    ),
    "gemma3": lambda vocab, eos: hf.Gemma3TextConfig(
        vocab_size=vocab, num_key_value_heads=1, head_dim=12, query_pre_attn_scalar=20, sliding_window=24,
        layer_types=["sliding_attention", "full_attention"], eos_token_id=eos, **SMALL,
        rope_parameters={
            "full_attention": {"rope_type": "default", "rope_theta": 1e6},
            "sliding_attention": {"rope_type": "default", "rope_theta": 1e4},
        },
    ),
    # A merged GGUF file has no query_pre_attn_scalar, and is refused where it is not the size of a head; mlx-lm has no
    # layer_types, and rounds what it scales embeddings by to bfloat16 (8 is 8 there).
    "gemma3-head": lambda vocab, eos: hf.Gemma3TextConfig(
        vocab_size=vocab, num_key_value_heads=1, head_dim=12, query_pre_attn_scalar=12, sliding_window=24,
        layer_types=["sliding_attention"] * 5 + ["full_attention", "sliding_attention"], eos_token_id=eos,
        **{**SMALL, "hidden_size": 64, "num_attention_heads": 4, "num_hidden_layers": 7},
        rope_parameters={
            "full_attention": {"rope_type": "linear", "factor": 2.0, "rope_theta": 1e6},
            "sliding_attention": {"rope_type": "default", "rope_theta": 2e4},
        },
    ),
    "gpt2": lambda vocab, eos: hf.GPT2Config(
        vocab_size=vocab, n_embd=60, n_layer=2, n_head=6, n_positions=512, bos_token_id=None, eos_token_id=eos,
    ),
    "gpt-neox": lambda vocab, eos: hf.GPTNeoXConfig(
        vocab_size=vocab, tie_word_embeddings=False, use_parallel_residual=True, eos_token_id=eos, **SMALL,
        **rope(partial_rotary_factor=0.4),
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
    model = hf.AutoModelForCausalLM.from_config(FAMILIES[args.family](config["vocab_size"], config["eos_token_id"]))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() == 1:
                # Gemma's norms multiply by one more than their weight.
                middle = 1 if name.endswith("weight") and "gemma" not in args.family else 0
                parameter.copy_(middle + (0.2 if middle else 0.1) * torch.randn_like(parameter))
            else:
                parameter.copy_(torch.randn_like(parameter) / parameter.shape[-1] ** 0.5)
    model.to(getattr(torch, args.dtype)).save_pretrained(args.out)
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        if (tokenizer / name).exists():
            shutil.copy(tokenizer / name, args.out)


if __name__ == "__main__":
    main()
