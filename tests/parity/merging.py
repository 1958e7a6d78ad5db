"""What merges are held against: PEFT's add_weighted_adapter itself, and mergekit's definitions in float64.

mergekit's formulas (0.1.4: merge_methods/generalized_task_arithmetic.py, slerp.py, sparsify.py) are written here from
their definition, on task vectors. The masks of DARE are those of src/merging/keep.ts.
"""
import contextlib
import math

import numpy as np
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

U32 = 0xFFFFFFFF


def mix(x):
    """lowbias32 of uint32 in uint64 arrays; src/ops/dropout-hash.ts."""
    x = np.asarray(x, dtype=np.uint64) & U32
    x = ((x ^ (x >> np.uint64(16))) * np.uint64(0x21F0AAAD)) & U32
    x = ((x ^ (x >> np.uint64(15))) * np.uint64(0xD35A2D97)) & U32
    return x ^ (x >> np.uint64(15))


def stream_seed(seed, path):
    """FNV-1a with a last mix; src/methods/stream-seed.ts."""
    value = (0x811C9DC5 ^ seed) & U32
    for letter in path:
        value = ((value ^ ord(letter)) * 0x01000193) & U32
    value = ((value ^ (value >> 16)) * 0x85EBCA6B) & U32
    return value ^ (value >> 13)


def mask(seed, index, path, part, shape, density):
    """1 where DARE keeps a value of the source `index`, else 0; src/merging/keep.ts."""
    key = mix(mix(mix(seed) ^ np.uint64(index)))
    module = mix(key ^ np.uint64(stream_seed(0, f"{path}.{part}")))
    rows = mix(module ^ np.arange(shape[0], dtype=np.uint64))
    hashes = mix(rows[:, None] ^ np.arange(shape[1], dtype=np.uint64)[None, :])
    # As the float64 of 1 − density comes out, too.
    return (hashes >= math.floor((1 - density) * 2**32)).astype(np.float64)


def deltas(base, adapter):
    """W' − W of every weight that PEFT's merge changes, [out, in], in float64."""
    plain = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float64)
    before = {name: value.detach().clone() for name, value in plain.named_parameters()}
    model = PeftModel.from_pretrained(plain, adapter).to(torch.float64)
    merged = model.merge_and_unload()
    transposed = plain.config.model_type == "gpt2"
    found = {}
    for name, value in merged.named_parameters():
        change = (value.detach() - before[name]).numpy()
        if change.any() and name.endswith(".weight"):
            found[name.removesuffix(".weight")] = change.T if transposed else change
    return found


def pruned_by_magnitude(delta, density):
    if density >= 1:
        return delta
    kept = np.zeros(delta.size)
    kept[np.argsort(-np.abs(delta).ravel(), kind="stable")[: int(density * delta.size)]] = 1
    return delta * kept.reshape(delta.shape)


def pruned_at_random(delta, kept):
    masked = delta * kept
    before, after = np.abs(delta).sum(), np.abs(masked).sum()
    return masked if before < 1e-7 or after < 1e-7 else masked * (before / after)


def task_arithmetic(stacked, weights, elect, mean):
    """mergekit's generalised task arithmetic of pruned task vectors [k, out, in]."""
    by = np.asarray(weights, dtype=np.float64)[:, None, None]
    weighted = stacked * by
    if not elect:
        return weighted.sum(0)
    agreed = np.sign(weighted) == np.where(weighted.sum(0) >= 0, 1, -1)
    mixed = (weighted * agreed).sum(0)
    if not mean:
        return mixed
    divisor = (by * agreed).sum(0)
    divisor[divisor == 0] = 1
    return mixed / divisor


def slerp(t, v0, v1):
    unit = lambda v: v / np.linalg.norm(v) if np.linalg.norm(v) > 1e-8 else v
    cosine = (unit(v0) * unit(v1)).sum()
    if abs(cosine) > 0.9995:
        return (1 - t) * v0 + t * v1
    angle = np.arccos(cosine)
    return np.sin(angle - angle * t) / np.sin(angle) * v0 + np.sin(angle * t) / np.sin(angle) * v1


def defined(way, found, weights, density, seed):
    """ΔW of each module as a way of ours on whole changes defines it. found: `deltas` of each source."""
    result = {}
    shapes = {path: delta.shape for one in found for path, delta in one.items()}
    for path, shape in shapes.items():
        # mergekit knows whole models: where one is as the base is, its task vector is 0.
        each = [one.get(path, np.zeros(shape)) for one in found]
        if way == "slerp":
            result[path] = slerp(weights[1] / sum(weights), *each)
            continue
        if way in ("ties", "magnitude"):
            each = [pruned_by_magnitude(delta, density) for delta in each]
        elif way in ("dare", "dare-ties") and density < 1:
            each = [pruned_at_random(d, mask(seed, i, path, "delta", shape, density)) for i, d in enumerate(each)]
        result[path] = task_arithmetic(np.stack(each), weights, way in ("ties", "dare-ties"), way == "ties")
    return result


@contextlib.contextmanager
def our_masks(model, adapters, seed):
    """torch.bernoulli gives our masks, in the order in which add_weighted_adapter asks for them."""
    lora, drawn = model.base_model, []
    paths = {id(module): name.removeprefix("base_model.model.") for name, module in model.named_modules()}
    whole, apart = lora._svd_generalized_task_arithmetic_weighted_adapter, lora._generalized_task_arithmetic_weighted_adapter

    def coming(target, parts):
        has = [i for i, adapter in enumerate(adapters) if adapter in target.lora_A]
        drawn[:] = [(i, paths[id(target)], part) for part in parts for i in has]

    def on_delta(kind, names, weights, rank, target, *rest, **options):
        coming(target, ["delta"])
        return whole(kind, names, weights, rank, target, *rest, **options)

    def on_matrices(kind, names, weights, target, *rest):
        coming(target, ["lora_A", "lora_B"])
        return apart(kind, names, weights, target, *rest)

    real = torch.bernoulli

    def bernoulli(p):
        index, path, part = drawn.pop(0)
        shape = tuple(p.shape)
        # PEFT has ΔW of GPT-2's layers transposed while it prunes.
        turned = part == "delta" and model.config.model_type == "gpt2"
        kept = mask(seed, index, path, part, shape[::-1] if turned else shape, float(p.flatten()[0].double()))
        return torch.from_numpy(kept.T.copy() if turned else kept).to(p)

    lora._svd_generalized_task_arithmetic_weighted_adapter = on_delta
    lora._generalized_task_arithmetic_weighted_adapter = on_matrices
    torch.bernoulli = bernoulli
    try:
        yield
    finally:
        torch.bernoulli = real
        lora._svd_generalized_task_arithmetic_weighted_adapter = whole
        lora._generalized_task_arithmetic_weighted_adapter = apart


def by_peft(base, folders, weights, kind, *, density=None, rank=None, seed=0):
    """What add_weighted_adapter makes, by module: its A and B, and their product [out, in]."""
    plain = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    names = [f"source{i}" for i in range(len(folders))]
    model = PeftModel.from_pretrained(plain, folders[0], adapter_name=names[0])
    for name, folder in zip(names[1:], folders[1:]):
        model.load_adapter(folder, adapter_name=name)
    options = {"density": density} if density is not None else {}
    with our_masks(model, names, seed):
        model.add_weighted_adapter(names, weights, "merged", combination_type=kind, svd_rank=rank, **options)
    found = {}
    for path, module in model.named_modules():
        if hasattr(module, "lora_A") and "merged" in module.lora_A:
            a = module.lora_A["merged"].weight.detach().double().numpy()
            b = module.lora_B["merged"].weight.detach().double().numpy()
            found[path.removeprefix("base_model.model.")] = (a, b, b @ a)
    return found
