"""Writes a checkpoint as a model folder: weights rounded to f16, config and generation config.

Usage: python export.py CHECKPOINT.pt MODEL_FOLDER
"""
import json
import pathlib
import sys

import torch
from safetensors.torch import save_file

from train import new_model


def main(checkpoint, out):
    folder = pathlib.Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    model = new_model()
    state = torch.load(checkpoint, weights_only=True)
    model.load_state_dict(state["model"])
    tensors = {name: t.to(torch.float16).contiguous() for name, t in model.state_dict().items() if name != "lm_head.weight"}
    assert all(torch.isfinite(t).all() for t in tensors.values())
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    config = model.config.to_dict()
    # Older readers look for the rate of the rotary embedding and the type of the weights at the top.
    config.update(architectures=["LlamaForCausalLM"], dtype="float16", torch_dtype="float16", rope_theta=10000.0)
    idle = ("id2label", "label2id", "chunk_size_feed_forward", "output_", "is_encoder_decoder", "return_dict", "pretraining_tp", "_")
    config = {key: value for key, value in config.items() if not key.startswith(idle) and value is not None}
    (folder / "config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    (folder / "model.safetensors").chmod(0o644)
    generation = {"bos_token_id": 1, "eos_token_id": [2, 0], "pad_token_id": 0, "max_new_tokens": 80, "do_sample": False}
    (folder / "generation_config.json").write_text(json.dumps(generation, indent=2) + "\n")
    print(f"step {state['step']} tokens {state['tokens']} parameters {sum(t.numel() for t in tensors.values())}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
