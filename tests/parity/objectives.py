"""The losses of the objectives in PyTorch, by the formulas of docs/methods.md, from the rows of a trace.

A step is one graph: means are over all of its pairs, whatever the micro-batches. Nothing is imported from TRL here;
trl_run.py has its own trainers.
"""

import torch
from torch.nn.functional import logsigmoid


def log_probabilities(model, ids, labels, mask):
    """log p of each supervised token, 0 elsewhere [rows, length - 1]; label i is predicted from position i - 1."""
    logits = model(input_ids=ids, attention_mask=mask).logits[:, :-1].float()
    targets = labels[:, 1:]
    chosen = logits.log_softmax(-1).gather(-1, targets.clamp_min(0).unsqueeze(-1)).squeeze(-1)
    return chosen * (targets != -100)


def every_token(ids, mask):
    return ids.masked_fill(mask == 0, -100)


def soft_targets(model, ids, labels, top):
    """What a teacher gives to the supervised tokens of one row: its likeliest ids, their p, and the p of the rest."""
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([ids])).logits[0, :-1].double()
    p = logits[torch.tensor(labels[1:]) != -100].softmax(-1)
    likeliest = p.topk(min(top, p.shape[-1]), -1)
    rest = p.scatter(-1, likeliest.indices, 0).sum(-1, keepdim=True)
    return likeliest.indices, likeliest.values, rest


class Losses:
    def __init__(self, settings, reference, teacher=None):
        """
        `reference()`: a context in which the model is what the policy is compared with; `teacher`: the model that is
        learned from, or None where that is the reference.
        """
        self.top, self.weight = settings["distil_top"], settings["distil_weight"]
        self.teacher = teacher
        self.name = settings["objective"]
        self.beta, self.gamma = settings["beta"], settings["gamma"]
        weight = settings["nll_weight"]
        self.nll_weight = {"orpo": 1.0, "simpo": 0.0}.get(self.name, 0.0) if weight is None else weight
        self.nll_rows = settings["nll_tokens"] == "row"
        self.max_length = settings["max_length"]
        self.reference = reference

    def of_step(self, model, batches, good, taught=()):
        """
        Loss and figures of a step. `batches`: (ids, labels, mask) of each micro-batch; `good`: of each row; `taught`: the
        ids and labels of each row as a teacher saw it.
        """
        if self.name in ("bake", "distil"):
            return self.soft(model, batches, taught)
        if self.name == "dft":
            return self.dft(model, batches)
        if self.name == "kto":
            return self.kto(model, batches, good)
        losses, rewards, better = [], [], []
        for ids, labels, mask in batches:
            each = log_probabilities(model, ids, labels, mask)
            sums, tokens = each.sum(1), (labels[:, 1:] != -100).sum(1)
            loss, reward = self.pairs(model, (ids, labels, mask), sums, tokens)
            losses.append(loss)
            rewards.append(reward.detach())
            if self.nll_weight > 0:
                whole = every_token(ids, mask) if self.nll_rows else labels
                first = (ids[0::2], whole[0::2], mask[0::2])
                better.append((log_probabilities(model, *first).sum(), (whole[0::2, 1:] != -100).sum()))
        total = torch.cat(losses).mean()
        chosen, rejected = torch.cat([r[0::2] for r in rewards]), torch.cat([r[1::2] for r in rewards])
        figures = {
            "rewards_chosen": float(chosen.mean()),
            "rewards_rejected": float(rejected.mean()),
            "margin": float((chosen - rejected).mean()),
            "accuracy": float((chosen > rejected).float().mean()),
        }
        if better:
            nll = -sum(s for s, _ in better) / sum(n for _, n in better)
            total = total + self.nll_weight * nll
            figures["cross_entropy"] = float(nll.detach())
        return total, figures

    def pairs(self, model, batch, sums, tokens):
        """The loss of each pair, and the reward of each row."""
        means = sums / tokens
        if self.name in ("dpo", "ipo"):
            ratios = sums - self.by_reference(model, batch)
            if self.name == "dpo":
                return -logsigmoid(self.beta * (ratios[0::2] - ratios[1::2])), self.beta * ratios
            h = ratios / tokens
            return (h[0::2] - h[1::2] - 1 / (2 * self.beta)) ** 2, self.beta * ratios
        if self.name == "simpo":
            return -logsigmoid(self.beta * (means[0::2] - means[1::2]) - self.gamma), self.beta * means
        odds = means - torch.log1p(-torch.exp(means))
        return -self.beta * logsigmoid(odds[0::2] - odds[1::2]), self.beta * means

    def by_reference(self, model, batch):
        with torch.no_grad(), self.reference():
            return log_probabilities(model, *batch).sum(1)

    def dft(self, model, batches):
        loss = nll = count = 0
        for ids, labels, mask in batches:
            each = log_probabilities(model, ids, labels, mask)
            supervised = labels[:, 1:] != -100
            loss = loss - (each.exp().detach() * each * supervised).sum()
            nll = nll - each.detach().sum()
            count = count + supervised.sum()
        return loss / count, {"cross_entropy": float(nll / count)}

    def soft(self, model, batches, taught):
        """(1 - w) CE + w KL(teacher || model), with all but the teacher's likeliest tokens as one."""
        ce = kl = count = 0
        rows = iter(taught)
        for ids, labels, mask in batches:
            logits = model(input_ids=ids, attention_mask=mask).logits[:, :-1].double().log_softmax(-1)
            for row, own in zip(logits, labels[:, 1:]):
                given = self.given(model, *next(rows))
                log_p = row[own != -100]
                ce = ce - log_p.gather(-1, own[own != -100].unsqueeze(-1)).sum()
                indices, t, t_rest = given
                others = log_p.scatter(-1, indices, -torch.inf).logsumexp(-1, keepdim=True)
                theirs = torch.cat([log_p.gather(-1, indices), others], -1)
                kl = kl + torch.nn.functional.kl_div(theirs, torch.cat([t, t_rest], -1), reduction="sum")
                count += len(log_p)
        weight = 1.0 if self.name == "bake" else self.weight
        figures = {"kl": float(kl.detach() / count)}
        if self.name == "distil":
            figures["ce"] = float(ce.detach() / count)
        return ((1 - weight) * ce + weight * kl) / count, figures

    def given(self, model, ids, labels):
        if self.teacher is not None:
            return soft_targets(self.teacher, ids, labels, self.top)
        with self.reference():
            return soft_targets(model, ids, labels, self.top)

    def kto(self, model, batches, good):
        losses, rewards, kls = [], [], []
        at = 0
        for batch in batches:
            labels = torch.tensor(good[at : at + len(batch[0])])
            at += len(labels)
            ratios = log_probabilities(model, *batch).sum(1) - self.by_reference(model, batch)
            mismatched = self.mismatched(*batch)
            with torch.no_grad():
                moved = log_probabilities(model, *mismatched).sum(1) - self.by_reference(model, mismatched)
            kl = moved.mean().clamp_min(0)
            signs = torch.where(labels, 1.0, -1.0)
            losses.append(1 - torch.sigmoid(signs * self.beta * (ratios - kl)))
            rewards.append((labels, self.beta * ratios.detach()))
            kls.append(float(kl))
        chosen = torch.cat([r[g] for g, r in rewards])
        rejected = torch.cat([r[~g] for g, r in rewards])
        figures = {"kl": sum(kls) / len(kls)}
        if len(chosen):
            figures["rewards_chosen"] = float(chosen.mean())
        if len(rejected):
            figures["rewards_rejected"] = float(rejected.mean())
        return torch.cat(losses).mean(), figures

    def mismatched(self, ids, labels, mask):
        """Each answer after the prompt of the next row."""
        rows = []
        for i in range(len(ids)):
            ours, other = parts(ids[i], labels[i], mask[i]), parts(ids[i - 1], labels[i - 1], mask[i - 1])
            row = [*ours[0], *other[1]][: self.max_length]
            marks = [*[-100] * len(ours[0]), *other[2]][: self.max_length]
            rows.append((row, marks))
        length = max(len(row) for row, _ in rows)
        fill = lambda values, by: values + [by] * (length - len(values))
        return (
            torch.tensor([fill(row, 0) for row, _ in rows]),
            torch.tensor([fill(marks, -100) for _, marks in rows]),
            torch.tensor([fill([1] * len(row), 0) for row, _ in rows]),
        )


def parts(ids, labels, mask):
    """Prompt, answer and the answer's labels of a row without its padding."""
    length = int(mask.sum())
    begin = next(i for i in range(length) if labels[i] != -100)
    return ids[:begin].tolist(), ids[begin:length].tolist(), labels[begin:length].tolist()
