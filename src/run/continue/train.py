"""Goes on with a training run that was begun in Lowrank, on any number of processes.

    accelerate launch train.py --data THEIR.jsonl

The same rows in the same order, with the same loss masks, schedule and optimizer state: run.json has the settings,
order.json the rows of each step that is left, optimizer.safetensors both moments of AdamW. The adapter goes to --out.
"""

import argparse
import hashlib
import json
import pathlib
import re
from datetime import datetime

import jinja2
import torch
from accelerate import Accelerator
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer, get_scheduler
from transformers.utils import chat_template_utils

from rows import calls_in_words, read_rows, turn

HERE = pathlib.Path(__file__).resolve().parent


class Encoder:
    """Rows to token ids and labels: −100 where no loss is taken."""

    def __init__(self, tokenizer, raw, max_length):
        self.tokenizer, self.raw, self.max_length = tokenizer, raw, max_length
        self.template = tokenizer.chat_template
        if self.template and "last_query_index" in self.template:
            # Qwen3 leaves earlier thinking out; for training every turn is kept as it was written.
            self.template = re.sub(r"loop\.index0\s*>\s*ns\.last_query_index", "true", self.template)
            self.template = re.sub(
                r"loop\.last\s+or\s+\(\s*not\s+loop\.last\s+and\s+reasoning_content\s*\)", "true", self.template)
        special = sorted(tokenizer.get_added_vocab(), key=len, reverse=True)
        self.control = re.compile("|".join(map(re.escape, special))) if special else None

    def render(self, turns, tools, prompt=False):
        # A call without words has none, as OpenAI's files say it.
        messages = [{**message, "content": message["content"] or (None if "tool_calls" in message else "")}
                    for message, _ in turns]
        return self.tokenizer.apply_chat_template(
            messages, tools=tools, chat_template=self.template, tokenize=False, add_generation_prompt=prompt)

    def encode_turns(self, turns, tools):
        if "tool_calls" not in self.template:
            turns = [(calls_in_words(message), train) for message, train in turns]
        whole = self.render(turns, tools)
        spans = []
        for k, (message, train) in enumerate(turns):
            if not train:
                continue
            content = message["content"]
            header, written = self.render(turns[:k], tools, prompt=True), self.render(turns[: k + 1], tools)
            if "tool_calls" in message:
                # Calls stand after the content: the turn ends with the last control token.
                stops = [stop.end() for stop in self.control.finditer(written)] if self.control else []
                end = stops[-1] if stops else len(written)
            else:
                end = written.rfind(content.strip()) + len(content.strip())
                stop = self.control.search(written, end) if self.control else None
                end = stop.end() if stop else end
            if not whole.startswith(header) or not whole.startswith(written[:end]):
                raise SystemExit("This model's chat template changes earlier turns: its rows cannot be masked here.")
            spans.append((len(header), end))
        encoded = self.tokenizer(whole, add_special_tokens=False, return_offsets_mapping=True)
        inside = lambda begin, end: any(b <= begin and end <= e for b, e in spans)
        return encoded["input_ids"], [end > begin and inside(begin, end) for begin, end in encoded["offset_mapping"]]

    def __call__(self, row):
        eos = [self.tokenizer.eos_token_id] if self.tokenizer.eos_token_id is not None else []
        if row[0] == "pair" and self.template and not self.raw:
            row = ("turns", [turn("user", row[1]), turn("assistant", row[2], train=True)], None)
        if row[0] == "turns":
            if not self.template:
                return None
            try:
                ids, targets = self.encode_turns(row[1], row[2])
            except jinja2.TemplateError:  # The template refuses the row.
                return None
        elif row[0] == "pair":
            before = self.tokenizer.build_inputs_with_special_tokens(
                self.tokenizer(row[1], add_special_tokens=False)["input_ids"])
            after = self.tokenizer(row[2], add_special_tokens=False)["input_ids"] + eos
            ids, targets = before + after, [False] * len(before) + [True] * len(after)
        else:
            ids = self.tokenizer(row[1])["input_ids"]
            ids = ids if ids[-1:] == eos else ids + eos
            targets = [True] * len(ids)
        labels = [-100] + [i if t else -100 for i, t in zip(ids[1:], targets[1:])]
        return ids[: self.max_length], labels[: self.max_length]


def keep_date(date):
    """Chat templates that ask for the date are given that of the run's beginning."""

    class Beginning(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.fromisoformat(date)

    chat_template_utils.datetime = Beginning


def read_data(path, run, encode):
    data = pathlib.Path(path).read_bytes()
    if hashlib.sha256(data).hexdigest() != run["dataset"]["sha256"]:
        raise SystemExit(f"{path} is not the file that the run was begun with: its SHA-256 is another.")
    rows = []
    for row in read_rows(data, run["dataset"].get("mapping")):
        example = encode(row)
        if example and any(label != -100 for label in example[1]):
            rows.append(example)
    if len(rows) != run["dataset"]["rows"]:
        raise SystemExit(f"{len(rows)} rows of {path} can be used, and the run used {run['dataset']['rows']}.")
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="the JSONL file that the run was begun with")
    parser.add_argument("--out", default="adapter-trained")
    parser.add_argument("--base", help="another place of the base model")
    parser.add_argument("--dtype", default="float32", choices=["float32", "bfloat16", "float16"])
    args = parser.parse_args()
    accelerator = Accelerator()
    run, steps = (json.loads((HERE / name).read_text(encoding="utf-8")) for name in ("run.json", "order.json"))
    settings, device = run["settings"], accelerator.device
    place = run["base_model"]
    base = args.base or (str(HERE / place["id"]) if place["id"].startswith("./") else place["id"])
    where = {"revision": place["revision"]} if place["revision"] and not args.base else {}
    if base.endswith(".gguf"):
        base, where = str(pathlib.Path(base).resolve().parent), {"gguf_file": pathlib.Path(base).name}
    if "date" in run:
        keep_date(run["date"])
    tokenizer = AutoTokenizer.from_pretrained(base, **where)
    chosen = HERE / "chat_template.jinja"  # The run's own, where it did not take the base's.
    if chosen.exists():
        tokenizer.chat_template = chosen.read_text(encoding="utf-8")
    rows = read_data(args.data, run, Encoder(tokenizer, settings["raw"], settings["maxLength"]))

    model = AutoModelForCausalLM.from_pretrained(base, dtype=getattr(torch, args.dtype), **where)
    model = PeftModel.from_pretrained(model, HERE / "adapter", is_trainable=True).to(device)
    model.train() if settings["dropout"] > 0 else model.eval()
    named = {n.replace(".default", "").replace("_vector.weight", "_vector"): p
             for n, p in model.named_parameters() if p.requires_grad}
    # LoRA+: B learns at a multiple of A's rate, and so do DoRA's magnitudes.
    rate = settings["learningRate"] * settings.get("loraPlusRatio", 1)
    rates = {".lora_A.": settings["learningRate"], ".lora_B.": rate, ".lora_magnitude_vector": rate}
    optimizer = torch.optim.AdamW(
        [{"params": [p for n, p in named.items() if part in n], "lr": rate} for part, rate in rates.items()],
        weight_decay=settings["weightDecay"])
    # A plain `constant` ignores the warm-up.
    warm = settings["schedule"] == "constant" and settings["warmup"] > 0
    name = "constant_with_warmup" if warm else settings["schedule"]
    schedule = get_scheduler(name, optimizer, settings["warmup"], run["steps"])
    moments = load_file(HERE / "optimizer.safetensors")
    for name, parameter in named.items():
        optimizer.state[parameter] = {
            "step": torch.tensor(float(run["step"])),
            **{key: moments[f"{key}.{name}"].to(device) for key in ("exp_avg", "exp_avg_sq")},
        }
    for _ in range(run["step"]):
        schedule.step()

    for number, indices in enumerate(steps, run["step"] + 1):
        supervised = sum(label != -100 for i in indices for label in rows[i][1])
        mine = indices[accelerator.process_index :: accelerator.num_processes]
        total = torch.zeros((), device=device)
        for at in range(0, len(mine), settings["batch"]):
            part = [rows[i] for i in mine[at : at + settings["batch"]]]
            width = max(len(ids) for ids, _ in part)
            pad = lambda values, fill: torch.tensor([v + [fill] * (width - len(v)) for v in values], device=device)
            mask = pad([[1] * len(ids) for ids, _ in part], 0)
            logits = model(input_ids=pad([ids for ids, _ in part], 0), attention_mask=mask).logits[:, :-1].float()
            labels = pad([labels for _, labels in part], -100)[:, 1:]
            loss = torch.nn.functional.cross_entropy(
                logits.reshape(-1, logits.shape[-1]), labels.reshape(-1), ignore_index=-100, reduction="sum")
            (loss / supervised).backward()
            total += loss.detach() / supervised
        for parameter in named.values():
            gradient = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
            parameter.grad = accelerator.reduce(gradient, reduction="sum")
        if settings["clip"] > 0:
            torch.nn.utils.clip_grad_norm_(list(named.values()), settings["clip"])
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        accelerator.print(json.dumps({"step": number, "loss": float(accelerator.reduce(total, reduction="sum"))}))
    if accelerator.is_main_process:
        model.save_pretrained(args.out)


if __name__ == "__main__":
    main()
