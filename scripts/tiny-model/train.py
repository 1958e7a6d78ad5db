"""Trains the tiny model on encoded rows; can be stopped at any time and resumed.

Usage: python train.py ROWS.npz CHECKPOINT.pt --until STEP [--decay-from STEP] [--threads 2]
The rate is constant after a warm-up and falls along a cosine from --decay-from to --until. A checkpoint from before
the fall can therefore be continued with other data or a later end.
"""
import argparse
import math
import os
import time

import numpy as np
import torch
from transformers import LlamaConfig, LlamaForCausalLM

TOKENS = 3072  # per step, padding included


def new_model():
    """The architecture of the bundled model, about 5.5 million parameters."""
    torch.manual_seed(1)
    return LlamaForCausalLM(LlamaConfig(
        vocab_size=4096, hidden_size=256, num_hidden_layers=6, num_attention_heads=4, num_key_value_heads=2, head_dim=64,
        intermediate_size=704, max_position_embeddings=512, rms_norm_eps=1e-5, tie_word_embeddings=True,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0}, bos_token_id=1, eos_token_id=2, pad_token_id=0,
    ))


def optimizers(model):
    """Muon for the matrices inside the layers, AdamW for the embedding and the norms."""
    matrices = [p for n, p in model.named_parameters() if p.ndim == 2 and "embed" not in n]
    others = [p for n, p in model.named_parameters() if p.ndim < 2 or "embed" in n]
    muon = torch.optim.Muon(matrices, lr=1, weight_decay=0.1, adjust_lr_fn="match_rms_adamw")
    adamw = torch.optim.AdamW(others, lr=1, betas=(0.9, 0.95), weight_decay=0.01)
    return [muon, adamw]


def batches(path, seed):
    """Yields (ids, weights) forever: rows of like length, padded at the right; short rows stay whole."""
    data = np.load(path)
    ids, weights, lengths = data["ids"], data["weights"], data["lengths"]
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    rng = np.random.default_rng(seed)
    while True:
        order = np.argsort(lengths + rng.uniform(0, 6, len(lengths)))
        groups, group = [], []
        for row in order:
            if group and lengths[[*group, row]].max() * (len(group) + 1) > TOKENS:
                groups.append(group)
                group = []
            group.append(row)
        for g in rng.permutation(len(groups)):
            group = groups[g]
            width = int(lengths[group].max())
            x, w = np.zeros((len(group), width), np.int64), np.zeros((len(group), width), np.float32)
            for i, row in enumerate(group):
                a, n = starts[row], lengths[row]
                x[i, :n], w[i, :n] = ids[a:a + n], weights[a:a + n]
            yield torch.from_numpy(x), torch.from_numpy(w)


def rate(step, args):
    """The learning rate at a step."""
    if step < args.warmup:
        return args.rate * (step + 1) / args.warmup
    if step < args.decay_from:
        return args.rate
    return args.rate * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (step - args.decay_from) / (args.until - args.decay_from))))


def save(path, model, opts, step, tokens):
    """Writes the checkpoint beside the old one first, so that a stop cannot spoil it."""
    state = {"model": model.state_dict(), "opts": [o.state_dict() for o in opts], "step": step, "tokens": tokens}
    torch.save(state, path + ".new")
    os.replace(path + ".new", path)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("rows")
    parser.add_argument("checkpoint")
    parser.add_argument("--start", help="checkpoint to start from where CHECKPOINT does not exist yet")
    parser.add_argument("--until", type=int, required=True)
    parser.add_argument("--decay-from", type=int, default=10**9)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--warmup", type=int, default=100)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    model = new_model()
    opts = optimizers(model)
    step = tokens = 0
    start = args.checkpoint if os.path.exists(args.checkpoint) else args.start
    if start:
        state = torch.load(start, weights_only=True)
        model.load_state_dict(state["model"])
        for opt, saved in zip(opts, state["opts"]):
            opt.load_state_dict(saved)
        step, tokens = state["step"], state["tokens"]
    stream = batches(args.rows, step)
    began, seen, mean = time.time(), 0, None
    while step < args.until:
        x, w = next(stream)
        for opt in opts:
            for group in opt.param_groups:
                group["lr"] = rate(step, args)
        hidden = model.model(input_ids=x, use_cache=False).last_hidden_state[:, :-1].flatten(0, 1)
        x, w = x[:, 1:].flatten(), w[:, 1:].flatten()
        chosen = torch.rand(w.shape) < w  # instead of a weight below 1: fewer logits to compute
        losses = torch.nn.functional.cross_entropy(model.lm_head(hidden[chosen]), x[chosen], reduction="none")
        losses.mean().backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for opt in opts:
            opt.step()
            opt.zero_grad()
        answer = losses.detach()[w[chosen] == 1].mean().item() if (w == 1).any() else mean
        mean = answer if mean is None else 0.98 * mean + 0.02 * answer
        step, tokens, seen = step + 1, tokens + int((w > 0).sum()), seen + int((w > 0).sum())
        if step % 50 == 0:
            print(f"step {step} tokens {tokens} loss {mean:.4f} rate {rate(step, args):.5f} speed {seen / (time.time() - began):.0f}/s", flush=True)
        if step % 200 == 0:
            save(args.checkpoint, model, opts, step, tokens)
    save(args.checkpoint, model, opts, step, tokens)


if __name__ == "__main__":
    main()
