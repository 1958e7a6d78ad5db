"""Starts that move the base, as PEFT has them: A and B of rank r on a base without s·B₀A₀.

What we write is plain LoRA of rank 2r on the base as it is, [A; A₀] and [B, −B₀]. Here it is taken apart again: PEFT
trains A and B on a base that was moved by its own arithmetic.
"""

import torch
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict
from peft.utils import set_peft_model_state_dict
from safetensors.torch import load_file

MOVED = ("pissa", "olora")


def halves(folder, second=False):
    """The trained half of an adapter that we wrote, or the frozen one, by PEFT's names."""
    half = {}
    for name, value in load_file(f"{folder}/adapter_model.safetensors").items():
        dim = 0 if ".lora_A." in name else 1
        half[name] = value.chunk(2, dim)[int(second)].contiguous()
    return half


def lora_config(folder, **more):
    config = LoraConfig.from_pretrained(folder)
    config.r //= 2
    config.lora_alpha /= 2**0.5 if config.use_rslora else 2
    config.inference_mode = False
    for field, value in more.items():
        setattr(config, field, value)
    return config


def moved_model(base, folder):
    """PEFT's model as it is before the first step: A₀ and B₀ of ours, and the base without their product."""
    frozen = halves(folder, second=True)
    model = get_peft_model(base, lora_config(folder))
    for name, module in model.named_modules():
        if not hasattr(module, "lora_A"):
            continue
        a, minus_b = (frozen[f"{name}.lora_{which}.weight"] for which in "AB")
        weight = module.get_base_layer().weight
        change = module.scaling["default"] * minus_b @ a
        with torch.no_grad():
            weight += change.T if module.fan_in_fan_out else change
    set_peft_model_state_dict(model, halves(folder))
    return model


def start_error(base, folder, init):
    """How far our B₀A₀ is from that of PEFT's own start: the worst module, ‖ours − theirs‖ / ‖theirs‖."""
    ours = halves(folder)
    theirs = get_peft_model_state_dict(get_peft_model(base, lora_config(folder, init_lora_weights=init)))
    assert set(ours) == set(theirs)
    worst = 0.0
    for name in ours:
        if ".lora_A." not in name:
            continue
        up = name.replace(".lora_A.", ".lora_B.")
        mine, own = (tensors[up].double() @ tensors[name].double() for tensors in (ours, theirs))
        worst = max(worst, float((mine - own).norm() / own.norm()))
    return worst


def eva_errors(base, folder, rows, rho=2.0):
    """EVA beside exact principal components of the same tokens' inputs.

    rows: (input_ids, labels) of what the start looked at. PEFT chooses the tokens whose own label is not -100, takes the
    mean off, and gives the ranks of all layers to the largest shares of variance.

    `rank_error`: share of the ranks that went to another layer. `component_error`: the most that a direction of ours lies
    outside the exact ones of as many.
    """
    config = LoraConfig.from_pretrained(folder)
    ours = load_file(f"{folder}/adapter_model.safetensors")
    by_path = {name.split("base_model.model.")[1].split(".lora_A.")[0]: a for name, a in ours.items() if ".lora_A." in name}
    asked = {path.rsplit(".", 1)[1] for path in by_path}
    inputs = {}

    def hook(path):
        return lambda module, args: inputs.setdefault(path, []).append(args[0][0, chosen].double())

    modules = [(path, m) for path, m in base.named_modules() if path.rsplit(".", 1)[-1] in asked and hasattr(m, "weight")]
    handles = [module.register_forward_pre_hook(hook(path)) for path, module in modules]
    with torch.no_grad():
        for ids, labels in rows:
            chosen = torch.tensor(labels) != -100
            base(input_ids=torch.tensor([ids]))
    for handle in handles:
        handle.remove()
    shares, exact = [], {}
    for place, (path, _) in enumerate(modules):
        x = torch.cat(inputs[path])
        _, s, v = torch.linalg.svd(x - x.mean(0), full_matrices=False)
        exact[path] = v
        explained = (s**2 / (s**2).sum())[: round(config.r * rho)]
        # Layers of one input have equal shares but for rounding: the earlier goes first.
        shares += [(-round(float(share), 9), place, path) for share in explained]
    wanted = {path: 0 for path, _ in modules}
    for _, _, path in sorted(shares)[: config.r * len(modules)]:
        wanted[path] += 1
    moved = sum(abs(wanted[path] - (len(by_path[path]) if path in by_path else 0)) for path in wanted) / 2
    outside = 0.0
    for path, a in by_path.items():
        v = exact[path][: len(a)]
        rest = a.double() - a.double() @ v.T @ v
        outside = max(outside, float(rest.norm(dim=1).max()))
    return {"rank_error": moved / (config.r * len(modules)), "component_error": outside}


def loftq_error(stored, held, folder):
    """How far our s·BA is from the largest singular parts of what rounding took: the worst module."""
    config = LoraConfig.from_pretrained(folder)
    ours = load_file(f"{folder}/adapter_model.safetensors")
    scale = config.lora_alpha / (config.r**0.5 if config.use_rslora else config.r)
    worst = 0.0
    for name, a in ours.items():
        if ".lora_A." not in name:
            continue
        path = name.split("base_model.model.")[1].split(".lora_A.")[0] + ".weight"
        lost = stored.state_dict()[path].double() - held.state_dict()[path].double()
        u, s, v = torch.linalg.svd(lost, full_matrices=False)
        best = u[:, : config.r] * s[: config.r] @ v[: config.r]
        mine = scale * ours[name.replace(".lora_A.", ".lora_B.")].double() @ a.double()
        worst = max(worst, float((mine - best).norm() / best.norm()))
    return worst
