"""What merges are held against: PEFT's add_weighted_adapter itself, and mergekit's definitions in float64.

mergekit's formulas (0.1.4: merge_methods/generalized_task_arithmetic.py, slerp.py, sparsify.py) are written here from
their definition, on task vectors. The masks of DARE are those of src/merging/keep.ts.

    python merging.py make --out FOLDER      small bases, adapters that PEFT saves, and which merges to make
    python merging.py compare --out FOLDER   what we made of them, each in MODEL/merged/NUMBER with its errors.json
"""
import argparse
import contextlib
import json
import math
import pathlib

import numpy as np
import torch
from peft import IA3Config, LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForCausalLM, GPT2Config, LlamaConfig, Qwen2Config

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
    """What add_weighted_adapter makes, by module: its A and B, and their product [out, in].

    In float64: in float32 its SVD of close singular values is itself 3e-5 off.
    """
    plain = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float64)
    names = [f"source{i}" for i in range(len(folders))]
    model = PeftModel.from_pretrained(plain, folders[0], adapter_name=names[0])
    for name, folder in zip(names[1:], folders[1:]):
        model.load_adapter(folder, adapter_name=name)
    model.to(torch.float64)
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


def lora(r, alpha, targets, **more):
    return LoraConfig(task_type="CAUSAL_LM", r=r, lora_alpha=alpha, target_modules=targets, **more)


# Way, sources, weights, density, rank.
DEFINED = [
    ("sum", "a b stable", [1, 0.5, -2], None, 4),
    ("task-arithmetic", "a dora ia3", [0.7, 1, 2], None, 6),
    ("ties", "a b", [1, 1], 0.5, 4),
    ("ties", "a stable dora", [1, 0.3, -0.5], 0.3, 4),
    ("dare", "a b", [1, 0.5], 0.5, 4),
    ("dare-ties", "a b stable ia3", [0.5, 1, 1, -0.4], 0.7, 4),
    ("magnitude", "a b stable", [1, 0.5, 0.25], 0.4, 4),
    ("slerp", "a b", [1, 3], None, 5),
    ("slerp", "stable dora", [1, 1], None, 5),
]
# Our way, PEFT's combination_type, sources, weights, density, rank.
BY_PEFT = [
    ("peft-linear", "linear", "a b", [1, -0.5], None, None),
    ("peft-ties", "ties", "a b", [1, 0.4], 0.5, None),
    ("peft-dare", "dare_linear", "a b", [1, 0.4], 0.5, None),
    ("peft-dare-ties", "dare_ties", "a b", [-1, 0.4], 0.6, None),
    ("peft-magnitude", "magnitude_prune", "a b", [1, 0.4], 0.3, None),
    ("cat", "cat", "a b", [1, -0.5], None, None),
    ("peft-svd", "svd", "a b", [1, -0.5], None, 4),
    ("peft-ties-svd", "ties_svd", "a b", [1, 0.4], 0.5, 6),
    ("peft-dare-svd", "dare_linear_svd", "a b", [1, 0.4], 0.5, 6),
    ("peft-dare-ties-svd", "dare_ties_svd", "a b", [1, -0.4], 0.5, 6),
    ("peft-magnitude-svd", "magnitude_prune_svd", "a b", [1, 0.4], 0.3, 6),
]


def cases_of(adapters):
    """The merges whose sources a model has."""
    defined_cases = [dict(way=w, sources=s.split(), weights=by, density=d, rank=r) for w, s, by, d, r in DEFINED]
    peft_cases = [dict(way=w, kind=k, sources=s.split(), weights=by, density=d, rank=r) for w, k, s, by, d, r in BY_PEFT]
    return [case for case in defined_cases + peft_cases if set(case["sources"]) <= set(adapters)]


def make(folder, config, adapters, base):
    """A base of random weights, and adapters on it as PEFT saves them, in folders of their names."""
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(config)
    with torch.no_grad():
        for value in model.parameters():
            value.normal_(std=0.3 / (value.shape[-1] / 12) ** 0.5)
    model.save_pretrained(base)
    for which, settings in adapters.items():
        adapted = get_peft_model(AutoModelForCausalLM.from_pretrained(base), settings)
        with torch.no_grad():
            for key, value in adapted.named_parameters():
                if "lora_A" in key or "lora_B" in key:
                    value.normal_(std=0.5 / (max(value.shape) / 12) ** 0.5)
                elif "magnitude" in key or "ia3_l" in key:
                    value.mul_(torch.rand_like(value) + 0.5)
        adapted.save_pretrained(folder / which)
        (folder / which / "README.md").unlink()
    return model


def true_error(delta, rank):
    """Relative Frobenius error of the best approximation of a rank."""
    values = np.linalg.svd(delta, compute_uv=False)
    return float(np.sqrt((values[rank:] ** 2).sum() / (values**2).sum()))


SEED = 5
SIZES = dict(hidden_size=48, intermediate_size=80, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2)
SMALL = ["q_proj", "v_proj"]
MODELS = {
    "llama": (LlamaConfig(vocab_size=64, **SIZES), {
        "a": lora(3, 6, SMALL), "b": lora(3, 2, [*SMALL, "down_proj"]),
        "stable": lora(5, 4, ["q_proj", "k_proj"], use_rslora=True),
        "dora": lora(2, 5, ["q_proj", "down_proj"], use_dora=True),
        "ia3": IA3Config(task_type="CAUSAL_LM", target_modules=["k_proj", "v_proj", "down_proj"],
                         feedforward_modules=["down_proj"]),
    }),
    # Its q, k and v have biases, which (IA)³ on their inputs leaves as they are.
    "qwen2": (Qwen2Config(vocab_size=64, **SIZES), {
        "a": lora(3, 6, SMALL), "b": lora(3, 2, ["o_proj", *SMALL]),
        "stable": lora(5, 4, ["gate_proj"], use_rslora=True),
        "ia3": IA3Config(task_type="CAUSAL_LM", target_modules=["q_proj", "down_proj"],
                         feedforward_modules=["q_proj", "down_proj"]),
    }),
    "gpt2": (GPT2Config(vocab_size=64, n_embd=48, n_layer=3, n_head=4, n_positions=64), {
        "a": lora(3, 6, ["c_attn"], fan_in_fan_out=True),
        "b": lora(3, 2, ["c_attn", "mlp.c_proj"], fan_in_fan_out=True),
    }),
}
IDS = torch.arange(40).reshape(1, -1) * 7 % 64


def logits(model):
    with torch.no_grad():
        return model(IDS).logits.double().numpy()


def compare(folder, name):
    """The worst figures of a model's merges, ours beside PEFT's or the definition."""
    base, adapters = str(folder / "base"), MODELS[name][1]
    changes = {which: deltas(base, str(folder / which)) for which in adapters}
    distance = lambda x, y: float(np.linalg.norm(x - y) / np.linalg.norm(y))
    worst = dict(merges=0, delta_error=0.0, logit_error=0.0, rank_error=0.0)
    for i, case in enumerate(cases_of(adapters)):
        ours = deltas(base, str(folder / "merged" / str(i)))
        errors = json.loads((folder / "merged" / str(i) / "errors.json").read_text())
        sources, by, density, rank = case["sources"], case["weights"], case["density"], case["rank"]
        plain = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
        theirs_on = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
        if "kind" in case:
            paths = [str(folder / which) for which in sources]
            theirs = {p: d for p, (_, _, d) in by_peft(base, paths, by, case["kind"], density=density, rank=rank, seed=SEED).items()}
        else:
            whole = defined(case["way"], [changes[which] for which in sources], by, density, SEED)
            theirs = {}
            for path, delta in whole.items():
                u, s, v = np.linalg.svd(delta, full_matrices=False)
                theirs[path] = u[:, :rank] * s[:rank] @ v[:rank]
                worst["rank_error"] = max(worst["rank_error"], abs(errors[path] - true_error(delta, rank)))
        assert set(ours) == set(theirs) == set(errors), (name, case, set(ours) ^ set(theirs))
        for path, delta in theirs.items():
            worst["delta_error"] = max(worst["delta_error"], distance(ours[path], delta))
            weight = theirs_on.get_submodule(path).weight
            with torch.no_grad():
                weight += torch.from_numpy(delta.T if name == "gpt2" else delta).to(weight)
        merged = logits(theirs_on)
        ours_on = logits(PeftModel.from_pretrained(plain, str(folder / "merged" / str(i))))
        worst["logit_error"] = max(worst["logit_error"], float(np.abs(ours_on - merged).max() / max(1, np.abs(merged).max())))
        worst["merges"] += 1
    return worst


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("task", choices=["make", "compare"])
    parser.add_argument("--out", type=pathlib.Path, required=True)
    given = parser.parse_args()
    if given.task == "make":
        for name, (config, adapters) in MODELS.items():
            folder = given.out / name
            make(folder, config, adapters, folder / "base")
            (folder / "cases.json").write_text(json.dumps(dict(seed=SEED, cases=cases_of(adapters))))
        print(json.dumps(dict(models=list(MODELS))))
    else:
        print(json.dumps({name: compare(given.out / name, name) for name in MODELS}))


if __name__ == "__main__":
    main()
