"""How fast PyTorch, transformers and PEFT train on the rows of a trace: tokens a second, by so many threads.

As people write it: float32, attention by `scaled_dot_product_attention`, rows padded to the longest of a batch, AdamW,
clipped gradients. The first steps are not timed. One JSON object goes to standard output.
"""

import argparse
import json
import pathlib
import time

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

from replay import micro_batches

parser = argparse.ArgumentParser()
for name in ("base", "initial", "trace"):
    parser.add_argument(f"--{name}", required=True)
for name in ("threads", "batch", "skip"):
    parser.add_argument(f"--{name}", type=int, required=True)
args = parser.parse_args()

torch.set_num_threads(args.threads)
base = AutoModelForCausalLM.from_pretrained(args.base, dtype=torch.float32)
model = PeftModel.from_pretrained(base, args.initial, is_trainable=True).train()
parameters = [p for p in model.parameters() if p.requires_grad]
optimizer = torch.optim.AdamW(parameters, lr=1e-3)
lines = [json.loads(line) for line in pathlib.Path(args.trace).read_text().splitlines()]
tokens = 0
for number, line in enumerate(lines):
    if number == args.skip:
        begin = time.perf_counter()
    optimizer.zero_grad()
    for ids, labels, mask in micro_batches(line, args.batch):
        model(input_ids=ids, attention_mask=mask, labels=labels).loss.backward()
    torch.nn.utils.clip_grad_norm_(parameters, 1.0)
    optimizer.step()
    if number >= args.skip:
        tokens += line["tokens"]
print(json.dumps({"tokens_per_second": tokens / (time.perf_counter() - begin)}))
