"""Trains the tiny model on encoded rows until a given time; can be stopped at any moment and resumed.

Usage: python train.py ROWS.npz CHECKPOINT.pt --minutes M [--fall F] [--threads 2]
The rate is constant after a warm-up and falls linearly over the last F of the M minutes, so a run ends on time however
busy the machine is. A checkpoint from before the fall can be continued with other data or a later end.
"""
import argparse
import os
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from transformers import LlamaConfig, LlamaForCausalLM

TOKENS = 4096  # per step, padding included


def new_model():
    """The architecture of the bundled model, about 5.5 million parameters."""
    torch.manual_seed(1)
    return LlamaForCausalLM(LlamaConfig(
        vocab_size=4096, hidden_size=256, num_hidden_layers=6, num_attention_heads=4, num_key_value_heads=2, head_dim=64,
        intermediate_size=704, max_position_embeddings=512, rms_norm_eps=1e-5, tie_word_embeddings=True,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0}, bos_token_id=1, eos_token_id=2, pad_token_id=0,
    ))


def optimizers(model, count):
    """Muon for the matrices inside the layers, in `count` parts that can step at once; AdamW for the embedding and the norms."""
    matrices = [p for n, p in model.named_parameters() if p.ndim == 2 and "embed" not in n]
    others = [p for n, p in model.named_parameters() if p.ndim < 2 or "embed" in n]
    muon = [torch.optim.Muon(matrices[i::count], lr=1, weight_decay=0.1, adjust_lr_fn="match_rms_adamw") for i in range(count)]
    return [torch.optim.AdamW(others, lr=1, betas=(0.9, 0.95), weight_decay=0.01), *muon]


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


def gradients(model, body, x, w, chosen, count):
    """Loss sum over the chosen tokens of whole weight, and the gradients of the loss sum over all chosen ones / count."""
    with torch.autocast("cpu", torch.bfloat16):
        hidden = body(input_ids=x, use_cache=False).last_hidden_state[:, :-1]
        logits = model.lm_head(hidden[chosen])
    losses = torch.nn.functional.cross_entropy(logits.float(), x[:, 1:][chosen], reduction="none")
    grads = torch.autograd.grad(losses.sum() / count, list(model.parameters()))
    return losses.detach()[w[:, 1:][chosen] == 1].sum().item(), grads


def update(pool, model, body, opts, x, w):
    """One step. Each thread takes a part of the rows: on a busy machine this wastes less than threads inside each op."""
    chosen = torch.rand(w[:, 1:].shape) < w[:, 1:]  # instead of a weight below 1: fewer logits to compute
    n = max(1, len(opts) - 1)
    parts = [i for i in range(n) if chosen[i::n].any()]
    done = list(pool.map(lambda i: gradients(model, body, x[i::n], w[i::n], chosen[i::n], chosen.sum()), parts))
    for p, *grads in zip(model.parameters(), *(g for _, g in done)):
        p.grad = sum(grads[1:], grads[0])
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    list(pool.map(lambda opt: opt.step(), opts))
    return sum(total for total, _ in done) / max(1, int((w[:, 1:] == 1).sum()))


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
    parser.add_argument("--minutes", type=float, required=True, help="from now to the end")
    parser.add_argument("--fall", type=float, default=40, help="minutes before the end at which the rate begins to fall")
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--warmup", type=int, default=100, help="steps")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(1)
    model = new_model()
    model.set_attn_implementation("eager")  # faster than the fused one on rows this short
    body = torch.compile(model.model, dynamic=True)
    opts = optimizers(model, args.threads)
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
    with ThreadPoolExecutor(args.threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        while (left := args.minutes - (time.time() - began) / 60) > 0:
            rate = args.rate * min(1, (step + 1) / args.warmup, 0.02 + 0.98 * left / args.fall)
            for opt in opts:
                for group in opt.param_groups:
                    group["lr"] = rate
            x, w = next(stream)
            loss = update(pool, model, body, opts, x, w)
            mean = loss if mean is None else 0.98 * mean + 0.02 * loss
            step, tokens, seen = step + 1, tokens + int((w > 0).sum()), seen + int((w > 0).sum())
            if step % 50 == 0:
                print(f"step {step} tokens {tokens} loss {mean:.4f} rate {rate:.5f} speed {seen / (time.time() - began):.0f}/s "
                      f"cpu {1e6 * time.process_time() / seen:.0f} us/token left {left:.1f} min", flush=True)
            if step % 50 == 0:
                save(args.checkpoint, model, opts, step, tokens)
    save(args.checkpoint, model, opts, step, tokens)


if __name__ == "__main__":
    main()
