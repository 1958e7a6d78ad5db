"""Replays a traced training run with PyTorch, transformers and PEFT, and says how far ours is from it.

The oracle is float32 with eager attention. Nothing of our own code runs here: the initial adapter, the rows and
the settings come from files that `train --steps 0`, `train --trace` and `evaluate --logits` wrote. One JSON object
goes to standard output.
"""

import argparse
import contextlib
import json
import math
import pathlib

import torch
from peft.optimizers import create_loraplus_optimizer
from peft import PeftConfig, PeftModel, get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict
from safetensors.torch import load_file
from transformers import get_scheduler

import starts
from base import load_base
from dropout import Dropouts
from objectives import Losses
from rounding import through_rounding


def padded(rows, fill):
    length = max(len(row) for row in rows)
    return torch.tensor([row + [fill] * (length - len(row)) for row in rows])


def micro_batches(line, batch):
    """Rows of one step, in order, as the run divided them."""
    for begin in range(0, len(line["input_ids"]), batch):
        rows = line["input_ids"][begin : begin + batch]
        yield (
            padded(rows, 0),
            padded(line["labels"][begin : begin + batch], -100),
            padded([[1] * len(row) for row in rows], 0),
        )


def summed_loss(model, ids, labels, mask):
    """Sum of the token losses: label i is predicted from position i - 1, position 0 is never predicted."""
    logits = own_logits(model(input_ids=ids, attention_mask=mask).logits, ids)[:, :-1]
    return torch.nn.functional.cross_entropy(
        logits.reshape(-1, logits.shape[-1]).float(), labels[:, 1:].reshape(-1), ignore_index=-100, reduction="sum"
    )


def own_logits(logits, ids):
    """Those of the row's own tokens, without the virtual ones in front."""
    return logits[:, -ids.shape[1] :]


def relative(ours, theirs):
    return abs(ours - theirs) / max(abs(theirs), 1e-12)


def cosine(a, b):
    a, b = a.double().flatten(), b.double().flatten()
    if a.norm() == 0 and b.norm() == 0:
        return 1.0
    return float(a @ b / (a.norm() * b.norm()).clamp_min(1e-300))


def logit_error(ours, theirs):
    """max |ours - theirs| / max(1, max |theirs|) over all positions."""
    return float((ours.double() - theirs.double()).abs().max() / max(1.0, float(theirs.abs().max())))


def trainable(args):
    """The initial adapter, to be trained; PEFT refuses to load a prompt for that."""
    base = load_base(args.base, args.base_dtype)
    config = PeftConfig.from_pretrained(args.initial)
    if not config.is_prompt_learning:
        return PeftModel.from_pretrained(base, args.initial, is_trainable=True)
    config.inference_mode = False
    model = get_peft_model(base, config)
    set_peft_model_state_dict(model, load_file(f"{args.initial}/adapter_model.safetensors"))
    return model


def train(args, settings, trace):
    moved = settings["init"] in starts.MOVED
    if moved:
        model = starts.moved_model(load_base(args.base, args.base_dtype), args.initial)
    else:
        model = trainable(args)
    model.eval()
    dropouts = Dropouts(model, settings["dropout"], settings["seed"]) if settings["dropout"] > 0 else None
    rounded = through_rounding(model, settings["merge_target"]) if settings["merge_target"] != "none" else 0
    parameters = [p for p in model.parameters() if p.requires_grad]
    adamw = dict(betas=(0.9, 0.999), eps=1e-8)
    if settings["lora_plus_ratio"] == 1:
        optimizer = torch.optim.AdamW(parameters, lr=settings["lr"], weight_decay=settings["weight_decay"], **adamw)
    else:
        optimizer = create_loraplus_optimizer(
            model,
            torch.optim.AdamW,
            lr=settings["lr"],
            loraplus_lr_ratio=settings["lora_plus_ratio"],
            loraplus_weight_decay=settings["weight_decay"],
            **adamw,
        )
    scheduler = get_scheduler(
        settings["schedule"], optimizer, num_warmup_steps=settings["warmup"], num_training_steps=len(trace)
    )
    worst = {"loss_error": 0.0, "norm_error": 0.0, "lr_error": 0.0, "rounded_linears": rounded}
    if settings["init"] == "loftq":
        unrounded, rounded = load_base(args.base), load_base(args.base, args.base_dtype)
        worst["start_error"] = starts.loftq_error(unrounded, rounded, args.initial)
    elif settings["init"] != "default":
        worst["base_error"] = relative(trace[0]["loss"], base_loss(args, trace[0], settings["batch"]))
    if moved:
        worst["start_error"] = starts.start_error(
            load_base(args.base, args.base_dtype), args.initial, settings["init"]
        )
    if settings["init"] == "eva":
        rows = [pair for line in trace for pair in zip(line["input_ids"], line["labels"])]
        looked_at = rows[: settings["eva_rows"]]
        assert len(looked_at) == settings["eva_rows"], "EVA looked at more rows than the trace has"
        worst.update(starts.eva_errors(load_base(args.base, args.base_dtype), args.initial, looked_at))
    losses = []
    objective = settings["objective"]
    # A pair is two rows.
    rows = settings["batch"] * (2 if objective in ("dpo", "ipo", "orpo", "simpo") else 1)
    if objective != "sft":
        assert dropouts is None, "objectives measure without dropout and train with it"
        worst["figure_error"] = 0.0
        teacher = load_base(args.teacher, args.base_dtype).eval() if args.teacher else None
        formula = Losses(settings, reference_of(args, settings, model), teacher)
    for line in trace:
        supervised = sum(label != -100 for row in line["labels"] for label in row[1:])
        if settings["nll_tokens"] == "answer":
            assert supervised == line["supervised_tokens"], f"step {line['step']}: supervised_tokens"
        assert sum(len(row) for row in line["input_ids"]) == line["tokens"], f"step {line['step']}: tokens"
        optimizer.zero_grad()
        total = 0.0
        if objective == "sft":
            for micro, (ids, labels, mask) in enumerate(micro_batches(line, rows)):
                if dropouts:
                    dropouts.at(line["step"], micro)
                loss = summed_loss(model, ids, labels, mask) / supervised
                loss.backward()
                total += float(loss)
        else:
            loss, figures = formula.of_step(model, list(micro_batches(line, rows)), line.get("good"), taught_of(line))
            loss.backward()
            total = float(loss)
            for key, value in figures.items():
                error = abs(line["metrics"][key] - value) / max(1.0, abs(value))
                worst["figure_error"] = max(worst["figure_error"], error)
        limit = settings["clip"] if settings["clip"] > 0 else math.inf
        norm = float(torch.nn.utils.clip_grad_norm_(parameters, limit))
        lr = scheduler.get_last_lr()[0]
        optimizer.step()
        scheduler.step()
        losses.append(total)
        worst["loss_error"] = max(worst["loss_error"], relative(line["loss"], total))
        worst["norm_error"] = max(worst["norm_error"], relative(line["grad_norm"], norm))
        worst["lr_error"] = max(worst["lr_error"], abs(line["lr"] - lr) / settings["lr"])
    return model, worst, losses


def base_loss(args, line, rows):
    """What the base alone makes of a step's rows."""
    model = load_base(args.base, args.base_dtype)
    with torch.no_grad():
        total = sum(float(summed_loss(model, *batch)) for batch in micro_batches(line, rows))
    return total / line["supervised_tokens"]


def taught_of(line):
    """What a teacher saw of each row of a step, where there is one."""
    return list(zip(line.get("teacher_input_ids", []), line.get("teacher_labels", [])))


def reference_of(args, settings, model):
    """The base, or the adapter that the run went on from."""
    if not settings["from_adapter"]:
        return model.disable_adapter
    model.load_adapter(args.initial, "reference")

    @contextlib.contextmanager
    def reference():
        model.set_adapter("reference")
        try:
            yield
        finally:
            model.set_adapter("default")

    return reference


def compare_tensors(args, settings, model):
    initial, ours = (load_file(f"{folder}/adapter_model.safetensors") for folder in (args.initial, args.trained))
    if settings["init"] in starts.MOVED:
        before, after = (starts.halves(folder, second=True) for folder in (args.initial, args.trained))
        assert all(torch.equal(before[name], after[name]) for name in before), "what is frozen has changed"
        initial, ours = starts.halves(args.initial), starts.halves(args.trained)
    theirs = get_peft_model_state_dict(model)
    assert set(ours) == set(theirs) == set(initial), "the adapters have other tensors"
    names = sorted(ours)
    cosines = {name: cosine(ours[name], theirs[name]) for name in names}
    changes = {name: cosine(ours[name] - initial[name], theirs[name] - initial[name]) for name in names}
    return {
        "tensors": len(names),
        "min_cosine": min(cosines.values()),
        "min_change_cosine": min(changes.values()),
        "worst_tensor": min(changes, key=changes.get),
    }


def compare_logits(args):
    model = PeftModel.from_pretrained(load_base(args.base, args.base_dtype), args.trained).eval()
    error = 0.0
    with torch.no_grad():
        row = load_file(args.row_logits)
        ids = row["input_ids"].long().unsqueeze(0)
        theirs = own_logits(model(input_ids=ids).logits, ids)[0]
        error = max(error, logit_error(row["logits"], theirs))
        prompt = json.loads(pathlib.Path(args.prompt_logits).read_text())
        theirs = model(input_ids=torch.tensor([prompt["input_ids"]])).logits[0, -1]
        error = max(error, logit_error(torch.tensor(prompt["logits"]), theirs))
    return {"logit_error": error}


def main():
    parser = argparse.ArgumentParser()
    for name in ("base", "initial", "trained", "trace", "settings", "row-logits", "prompt-logits"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--base-dtype", default="auto")
    parser.add_argument("--teacher")
    args = parser.parse_args()
    torch.manual_seed(0)
    settings = json.loads(args.settings)
    trace = [json.loads(line) for line in pathlib.Path(args.trace).read_text().splitlines()]
    model, worst, losses = train(args, settings, trace)
    result = {"steps": len(trace), **worst, "first_loss": losses[0], "last_loss": losses[-1]}
    print(json.dumps({**result, **compare_tensors(args, settings, model), **compare_logits(args)}))


if __name__ == "__main__":
    main()
