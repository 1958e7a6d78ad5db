"""Trains LoRA adapters with PEFT on the sample datasets and compares the held-out loss with and without them.

Usage: python check_samples.py MODEL_FOLDER SAMPLES_FOLDER [--rate 1e-3]... [--only pirate] [--ask QUESTION]...
Split 90/10 by a fixed seed; the application's defaults: r 8, alpha 16 on q, k, v and o, AdamW without weight decay, rate
1e-3 falling linearly, three epochs of batches of four, clip 1. Fails where the loss with the adapter is more than half of
that without.
"""
import argparse
import json
import pathlib
import random
import sys
import time

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer

from evaluate import answer, loss, supervised
from samples.make import messages

EPOCHS, BATCH, SEED = 3, 4, 7
BOUND = 0.5  # of the held-out loss without the adapter


def split(file, tokenizer):
    """Encoded rows for training and the held-out tenth, whose prompts come along."""
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    random.Random(SEED).shuffle(rows)
    cut = len(rows) // 10
    encoded = [supervised(tokenizer, messages(row)) for row in rows]
    return encoded[cut:], encoded[:cut], [messages(row) for row in rows[:cut]]


def train(model, rows, rate):
    """Plain LoRA training on padded batches; the loss is the mean over the supervised tokens of a batch."""
    rng = random.Random(SEED)
    steps = EPOCHS * ((len(rows) + BATCH - 1) // BATCH)
    params = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(params, lr=rate, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / steps)
    model.train()
    for _ in range(EPOCHS):
        order = rng.sample(range(len(rows)), len(rows))
        for i in range(0, len(order), BATCH):
            part = [rows[k] for k in order[i:i + BATCH]]
            width = max(len(ids) for ids, _ in part)
            x = torch.tensor([ids + [0] * (width - len(ids)) for ids, _ in part])
            y = torch.tensor([labels + [-100] * (width - len(labels)) for _, labels in part])
            logits = model(input_ids=x).logits[:, :-1]
            torch.nn.functional.cross_entropy(logits.flatten(0, 1), y[:, 1:].flatten(), ignore_index=-100).backward()
            torch.nn.utils.clip_grad_norm_(params, 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
    model.eval()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("samples")
    parser.add_argument("--rate", type=float, action="append")
    parser.add_argument("--only")
    parser.add_argument("--ask", action="append", default=[])
    parser.add_argument("--show", type=int, default=3, help="held-out answers to print")
    args = parser.parse_args()
    torch.set_num_threads(1)
    failed = []
    tokenizer = AutoTokenizer.from_pretrained(args.folder)
    for file in sorted(pathlib.Path(args.samples).glob("*.jsonl")):
        if args.only and args.only != file.stem:
            continue
        rows, held, chats = split(file, tokenizer)
        for rate in args.rate or [1e-3]:
            torch.manual_seed(SEED)
            began = time.time()
            model = AutoModelForCausalLM.from_pretrained(args.folder, dtype=torch.float32)
            before = loss(model, held)
            model = get_peft_model(model, LoraConfig(r=8, lora_alpha=16, target_modules=["q_proj", "k_proj", "v_proj", "o_proj"], task_type="CAUSAL_LM"))
            train(model, rows, rate)
            after = loss(model, held)
            right = sum(answer(model, tokenizer, c[0]["content"]) == c[1]["content"] for c in chats) / len(chats)
            print(f"{file.stem} rate {rate:g}: {before:.3f} -> {after:.3f} ratio {after / before:.3f} same answers {right:.2f} ({time.time() - began:.0f} s)", flush=True)
            if after > BOUND * before:
                failed.append(file.stem)
            for question in [c[0]["content"] for c in chats[:args.show]] + args.ask:
                print(f"  {question!r} -> {answer(model, tokenizer, question)!r}")
    if failed:
        sys.exit(f"more than {BOUND} of the loss is left: {', '.join(failed)}")


if __name__ == "__main__":
    main()
