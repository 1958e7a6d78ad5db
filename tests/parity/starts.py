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
