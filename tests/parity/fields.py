"""Models that differ in one field each, and what transformers, PEFT and mlx-lm compute of them and of our exports.

`make`: every model and tokenizer as folders, and models.json with their names. `compute`: one JSON object a line, with
the logits of PEFT on each base, of transformers on each merged folder and of mlx-lm with each MLX adapter, and the ids
of each text by transformers.
"""

import argparse
import json
import pathlib

import torch
import transformers as hf

COMMON = dict(bos_token_id=None, pad_token_id=None, eos_token_id=0, max_position_embeddings=128)
SMALL = dict(hidden_size=48, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4, **COMMON)


def rope(**scaling):
    return {"rope_parameters": {"rope_theta": 10000.0, **scaling}}


def yarn(**more):
    return rope(rope_type="yarn", factor=4.0, original_max_position_embeddings=32, **more)


def llama(**change):
    return lambda vocab: hf.LlamaConfig(vocab_size=vocab, num_key_value_heads=2, **{**SMALL, **change})


def mistral(**change):
    return lambda vocab: hf.MistralConfig(vocab_size=vocab, num_key_value_heads=2, **{**SMALL, "sliding_window": None, **change})


def qwen2(**change):
    return lambda vocab: hf.Qwen2Config(vocab_size=vocab, num_key_value_heads=2, **{**SMALL, **change})


def qwen3(**change):
    return lambda vocab: hf.Qwen3Config(vocab_size=vocab, num_key_value_heads=2, head_dim=16, **{**SMALL, **change})


def gemma3(full=None, **change):
    ropes = {
        "full_attention": {"rope_type": "default", "rope_theta": 1e6, **(full or {})},
        "sliding_attention": {"rope_type": "default", "rope_theta": 1e4},
    }
    own = dict(head_dim=16, query_pre_attn_scalar=16, sliding_window=12, rope_parameters=ropes,
               layer_types=["sliding_attention", "full_attention"])
    return lambda vocab: hf.Gemma3TextConfig(vocab_size=vocab, num_key_value_heads=2, **{**SMALL, **own, **change})


def gpt2(**change):
    return lambda vocab: hf.GPT2Config(vocab_size=vocab, n_embd=48, n_layer=2, n_head=4, n_positions=128,
                                       bos_token_id=None, eos_token_id=0, **change)


def neox(pct=0.5, theta=10000.0, scaling=None, **change):
    ropes = rope(partial_rotary_factor=pct, **{"rope_type": "default", **(scaling or {}), "rope_theta": theta})
    return lambda vocab: hf.GPTNeoXConfig(vocab_size=vocab, **ropes, **{**SMALL, "tie_word_embeddings": False, **change})


WINDOW = dict(use_sliding_window=True, sliding_window=12, max_window_layers=0)
MODELS = {
    "llama": llama(),
    "llama-gelu": llama(hidden_act="gelu"),
    "llama-biases": llama(attention_bias=True, mlp_bias=True),
    "llama-head-dim": llama(head_dim=20, rms_norm_eps=1e-4),
    "llama-tied": llama(tie_word_embeddings=True),
    "llama-linear": llama(**rope(rope_type="linear", factor=3.0)),
    "llama-llama3": llama(**rope(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=3.0,
                                 original_max_position_embeddings=16)),
    "llama-yarn": llama(**yarn()),
    "llama-yarn-betas": llama(**yarn(beta_fast=16.0)),
    "llama-yarn-attention": llama(**yarn(attention_factor=0.8)),
    "mistral": mistral(),
    "mistral-window": mistral(sliding_window=12),
    "qwen2": qwen2(),
    "qwen2-window": qwen2(**WINDOW),
    "qwen2-yarn": qwen2(**yarn()),
    "qwen3": qwen3(),
    "qwen3-biases": qwen3(attention_bias=True),
    "qwen3-window": qwen3(**WINDOW),
    "gemma3": gemma3(),
    "gemma3-pattern": gemma3(num_hidden_layers=3, layer_types=["full_attention", "sliding_attention", "full_attention"]),
    "gemma3-six": gemma3(num_hidden_layers=7, layer_types=["sliding_attention"] * 5 + ["full_attention", "sliding_attention"]),
    "gemma3-linear": gemma3(full={"rope_type": "linear", "factor": 8.0}),
    "gemma3-scale": gemma3(query_pre_attn_scalar=30),
    "gemma3-biases": gemma3(attention_bias=True),
    "gemma3-gelu": gemma3(hidden_activation="gelu"),
    "gemma3-untied": gemma3(tie_word_embeddings=False),
    "gpt2": gpt2(),
    "gpt2-inner": gpt2(n_inner=80, layer_norm_epsilon=1e-3),
    "gpt2-gelu": gpt2(activation_function="gelu"),
    "gpt2-unscaled": gpt2(scale_attn_weights=False),
    "gpt2-untied": gpt2(tie_word_embeddings=False),
    "gpt-neox": neox(),
    "gpt-neox-tanh": neox(hidden_act="gelu_new", pct=1.0, theta=5000.0),
    "gpt-neox-sequential": neox(use_parallel_residual=False),
    "gpt-neox-tied": neox(tie_word_embeddings=True),
    "gpt-neox-no-biases": neox(attention_bias=False),
    "gpt-neox-linear": neox(scaling={"rope_type": "linear", "factor": 4.0}),
}  # fmt: skip


LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def tokenizers(text):
    """Tokenizers of the kinds that llama.cpp knows, trained on a text."""
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

    control = ["<|end|>", "<|begin|>"]

    def byte_level(splitting, **model):
        tokenizer = Tokenizer(models.BPE(**model))
        tokenizer.pre_tokenizer = splitting
        tokenizer.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(vocab_size=700, special_tokens=control, show_progress=False,
                                      initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
        tokenizer.train_from_iterator(text, trainer)
        tokenizer.add_tokens([AddedToken("<tool>", normalized=False)])
        return tokenizer

    def by_regex(regex):
        return pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(regex), "isolated"),
                                        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])

    def framed(tokenizer):
        bos = ("<|begin|>", tokenizer.token_to_id("<|begin|>"))
        tokenizer.post_processor = processors.TemplateProcessing("<|begin|> $A", special_tokens=[bos])
        return tokenizer

    def sentence_piece(normalizer, splitting):
        tokenizer = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>", fuse_unk=True))
        tokenizer.normalizer = normalizers.Replace(" ", "▁")
        bytes_ = [f"<0x{byte:02X}>" for byte in range(256)]
        trainer = trainers.BpeTrainer(vocab_size=900, special_tokens=["<unk>", *control, *bytes_], show_progress=False)
        tokenizer.train_from_iterator(text, trainer)
        state = json.loads(tokenizer.to_str())
        vocab = state["model"]["vocab"]
        # As a SentencePiece model is converted: every way to make each token, the tokens in the order of their scores.
        made = list(dict.fromkeys("".join(pair) for pair in state["model"]["merges"]))
        state["model"]["merges"] = [
            [token[:cut], token[cut:]]
            for token in made
            for cut in range(1, len(token))
            if token[:cut] in vocab and token[cut:] in vocab
        ]
        state["added_tokens"] = [added for added in state["added_tokens"] if added["content"] not in bytes_]
        state["normalizer"] = json.loads(normalizer.__getstate__()) if normalizer else None
        state["pre_tokenizer"] = json.loads(splitting.__getstate__()) if splitting else None
        return framed(Tokenizer.from_str(json.dumps(state)))

    spaces = normalizers.Replace(" ", "▁")
    plain = pre_tokenizers.ByteLevel(add_prefix_space=False)
    composed = byte_level(plain)
    composed.normalizer = normalizers.NFC()
    return {
        "gpt-2": byte_level(plain),
        "gpt-2-nfc": composed,
        "smollm": byte_level(pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), plain])),
        "llama3": framed(byte_level(by_regex(LLAMA3), ignore_merges=True)),
        "qwen2": byte_level(by_regex(LLAMA3.replace("{1,3}", ""))),
        "llama2": sentence_piece(normalizers.Sequence([normalizers.Prepend("▁"), spaces]), None),
        "gemma": sentence_piece(spaces, pre_tokenizers.Split(" ", "merged_with_previous")),
        "mistral-first": sentence_piece(None, pre_tokenizers.Metaspace(prepend_scheme="first", split=False)),
    }  # fmt: skip


def randomise(model, gemma):
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() == 1:
                middle = 1 if name.endswith("weight") and not gemma else 0
                parameter.copy_(middle + (0.2 if middle else 0.1) * torch.randn_like(parameter))
            else:
                parameter.copy_(torch.randn_like(parameter) / parameter.shape[-1] ** 0.5)


def make(args):
    out = pathlib.Path(args.out)
    lines = pathlib.Path(args.text).read_text().splitlines()
    made = {"models": [], "tokenizers": []}
    kinds = tokenizers(lines)
    for kind, tokenizer in kinds.items():
        folder = out / f"tokenizer-{kind}"
        fast = hf.PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|end|>", bos_token="<|begin|>")
        if kind == "mistral-first":
            fast.chat_template = "{{ messages }}"
        torch.manual_seed(0)
        hf.AutoModelForCausalLM.from_config(llama()(len(fast))).save_pretrained(folder)
        fast.save_pretrained(folder)
        made["tokenizers"].append(kind)
    fast = hf.PreTrainedTokenizerFast(tokenizer_object=kinds["gpt-2"], eos_token="<|end|>", bos_token="<|begin|>")
    for name, config in MODELS.items():
        torch.manual_seed(1234)
        model = hf.AutoModelForCausalLM.from_config(config(len(fast)))
        randomise(model, "gemma" in name)
        model.save_pretrained(out / name)
        fast.save_pretrained(out / name)
        made["models"].append(name)
    (out / "models.json").write_text(json.dumps(made))


def logits(model, ids):
    with torch.no_grad():
        return model.eval()(torch.tensor([ids])).logits[0, -1].float().tolist()


def load(folder):
    return hf.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")


def compute(args):
    from peft import PeftModel

    jobs = json.loads(pathlib.Path(args.jobs).read_text())
    for job in jobs:
        done = {"name": job["name"]}
        if "ids" in job:
            done["peft"] = logits(PeftModel.from_pretrained(load(job["base"]), job["peft"]), job["ids"])
            done["base"] = logits(load(job["base"]), job["ids"])
            done["merged"] = logits(load(job["merged"]), job["ids"])
            if "mlx" in job:
                done["mlx"] = mlx(job["base_for_mlx"], job["mlx"], job["ids"])
        if "texts" in job:
            tokenizer = hf.AutoTokenizer.from_pretrained(job["base"])
            done["texts"] = [tokenizer(text)["input_ids"] for text in job["texts"]]
        print(json.dumps(done), flush=True)


def mlx(base, adapter, ids):
    """Logits, or why mlx-lm does not compute the model."""
    import mlx.core as mx
    import numpy as np
    from mlx_lm.utils import load_adapters, load_model

    mx.set_default_device(mx.cpu)
    try:
        model, _ = load_model(pathlib.Path(base))
        return np.array(load_adapters(model, adapter)(mx.array([ids]))[0, -1].astype(mx.float32)).tolist()
    except (ValueError, IndexError) as error:
        return str(error).splitlines()[0]


parser = argparse.ArgumentParser()
parser.add_argument("command", choices=["make", "compute"])
for flag in ("out", "text", "jobs"):
    parser.add_argument(f"--{flag}")
args = parser.parse_args()
(make if args.command == "make" else compute)(args)
