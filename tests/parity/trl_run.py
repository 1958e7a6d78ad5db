"""Runs TRL's own trainer over the rows of a trace, and says how far ours is from it.

The rows come from the trace as ids, in its order: what is compared is the trainer, its collator, its losses and its
steps, not how text becomes tokens. An answer ends with its last supervised token, since TRL would count the template's
text after it. One JSON object goes to standard output.
"""

import argparse
import json
import pathlib
import tempfile

import torch
from datasets import Dataset
from peft import PeftModel, get_peft_model_state_dict
from safetensors.torch import load_file
from torch.utils.data import SequentialSampler
from transformers import AutoTokenizer
from trl import DPOConfig, DPOTrainer, KTOConfig, KTOTrainer
from trl.experimental.orpo import ORPOConfig, ORPOTrainer

from base import load_base
from replay import cosine, relative


def answer_of(ids, labels):
    marks = [i for i, label in enumerate(labels) if label != -100]
    return ids[: marks[0]], ids[marks[0] : marks[-1] + 1]


def rows_of(trace):
    for line in trace:
        yield from zip(line["input_ids"], line["labels"])


def pairs_of(trace):
    rows = list(rows_of(trace))
    return zip(rows[0::2], rows[1::2])


class Recorded:
    """Keeps the loss of each step, takes rows as they are and in their order."""

    def _prepare_dataset(self, dataset, *args, **kwargs):
        return dataset

    def _get_train_sampler(self, dataset=None):
        return SequentialSampler(self.train_dataset if dataset is None else dataset)

    def compute_loss(self, *args, **kwargs):
        result = super().compute_loss(*args, **kwargs)
        self.losses = [*getattr(self, "losses", []), float((result[0] if isinstance(result, tuple) else result).detach())]
        return result


class RecordedDPO(Recorded, DPOTrainer):
    pass


class RecordedKTO(Recorded, KTOTrainer):
    pass


class RecordedORPO(Recorded, ORPOTrainer):
    def tokenize_row(self, feature, model=None):
        return feature


def dpo_dataset(trace):
    rows = []
    for chosen, rejected in pairs_of(trace):
        (prompt, better), (_, worse) = answer_of(*chosen), answer_of(*rejected)
        rows.append({"prompt_ids": prompt, "chosen_ids": better, "rejected_ids": worse})
    return Dataset.from_list(rows)


def orpo_dataset(trace):
    rows = []
    for pair in pairs_of(trace):
        row = {}
        for name, (ids, labels) in zip(("chosen", "rejected"), pair):
            row[f"{name}_input_ids"] = ids
            row[f"{name}_attention_mask"] = [1] * len(ids)
            row[f"{name}_labels"] = labels
        rows.append(row)
    return Dataset.from_list(rows)


def kto_dataset(trace, batch):
    """KL_completion_ids as `_prepare_dataset` makes them: the answers of a batch rotated by one."""
    rows = [
        dict(zip(("prompt_ids", "completion_ids", "label"), (*answer_of(ids, labels), good)))
        for line in trace
        for ids, labels, good in zip(line["input_ids"], line["labels"], line["good"])
    ]
    for begin in range(0, len(rows), batch):
        part = rows[begin : begin + batch]
        for i, row in enumerate(part):
            row["KL_completion_ids"] = part[i - 1]["completion_ids"]
    return Dataset.from_list(rows)


def main():
    parser = argparse.ArgumentParser()
    for name in ("base", "initial", "trained", "trace", "settings"):
        parser.add_argument(f"--{name}", required=True)
    args = parser.parse_args()
    settings = json.loads(args.settings)
    trace = [json.loads(line) for line in pathlib.Path(args.trace).read_text().splitlines()]
    name, batch = settings["objective"], settings["batch"]
    model = PeftModel.from_pretrained(load_base(args.base), args.initial, is_trainable=True)
    common = dict(
        output_dir=tempfile.mkdtemp(),
        per_device_train_batch_size=batch,
        max_steps=len(trace),
        learning_rate=settings["lr"],
        lr_scheduler_type=settings["schedule"],
        warmup_steps=settings["warmup"],
        weight_decay=settings["weight_decay"],
        max_grad_norm=settings["clip"],
        optim="adamw_torch",
        beta=settings["beta"],
        max_length=settings["max_length"],
        gradient_checkpointing=False,
        bf16=False,
        use_cpu=True,
        report_to="none",
        save_strategy="no",
        logging_steps=1,
        disable_tqdm=True,
    )
    tokenizer = AutoTokenizer.from_pretrained(args.base)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    if name in ("dpo", "ipo"):
        config = DPOConfig(**common, loss_type=[{"dpo": "sigmoid", "ipo": "ipo"}[name]])
        trainer = RecordedDPO(model, args=config, train_dataset=dpo_dataset(trace), processing_class=tokenizer)
    elif name == "kto":
        trainer = RecordedKTO(
            model, args=KTOConfig(**common), train_dataset=kto_dataset(trace, batch), processing_class=tokenizer
        )
    else:
        trainer = RecordedORPO(
            model, args=ORPOConfig(**common), train_dataset=orpo_dataset(trace), processing_class=tokenizer
        )
    trainer.train()
    assert len(trainer.losses) == len(trace), f"{len(trainer.losses)} losses of {len(trace)} steps"
    initial = load_file(f"{args.initial}/adapter_model.safetensors")
    ours = load_file(f"{args.trained}/adapter_model.safetensors")
    theirs = get_peft_model_state_dict(trainer.model, adapter_name="default")
    assert set(ours) == set(theirs) == set(initial), "the adapters have other tensors"
    errors = [relative(line["loss"], loss) for line, loss in zip(trace, trainer.losses)]
    result = {
        "trl_steps": len(trace),
        "trl_loss_error": max(errors),
        "trl_first_loss": trainer.losses[0],
        "trl_last_loss": trainer.losses[-1],
        "trl_min_cosine": min(cosine(ours[key], theirs[key].cpu()) for key in ours),
        "trl_min_change_cosine": min(
            cosine(ours[key] - initial[key], theirs[key].cpu() - initial[key]) for key in ours
        ),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
