"""Makes an adapter as PEFT saves it, on a base folder, whose rank and alpha differ from module to module."""

import argparse

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

parser = argparse.ArgumentParser()
parser.add_argument("--base", required=True)
parser.add_argument("--out", required=True)
args = parser.parse_args()

torch.manual_seed(0)
base = AutoModelForCausalLM.from_pretrained(args.base, dtype=torch.float32)
config = LoraConfig(
    r=4,
    lora_alpha=8,
    target_modules=["q_proj", "k_proj", "v_proj", "down_proj"],
    # A suffix, one module by its path, and a regular expression.
    rank_pattern={"q_proj": 6, "model.layers.1.mlp.down_proj": 3, "layers\\.0\\..*\\.v_proj": 1},
    alpha_pattern={"down_proj": 5, "model.layers.0.self_attn.k_proj": 20},
    task_type="CAUSAL_LM",
)
model = get_peft_model(base, config)
with torch.no_grad():
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            parameter.normal_(0, 0.02)
model.save_pretrained(args.out)
