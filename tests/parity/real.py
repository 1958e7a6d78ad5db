"""A real model by transformers: `save` writes a GGUF file as a folder, `compare` checks our greedy answers."""

import argparse
import json
import pathlib

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from base import load_base


def tokenizer_of(path):
    path = pathlib.Path(path)
    if path.suffix == ".gguf":
        return AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
    return AutoTokenizer.from_pretrained(path)


def save(args):
    model = load_base(args.base)
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    # A model that came from GGUF counts as quantised for good; one made anew from its config does not.
    plain = AutoModelForCausalLM.from_config(model.config)
    plain.load_state_dict(model.state_dict())
    plain.generation_config = model.generation_config
    plain.to(getattr(torch, args.dtype)).save_pretrained(args.out)
    tokenizer_of(args.base).save_pretrained(args.out)


def compare(args):
    model, tokenizer = load_base(args.base), tokenizer_of(args.base)
    stop = model.generation_config.eos_token_id or tokenizer.eos_token_id
    stops = set(stop if isinstance(stop, list) else [stop])
    ids_equal, wrong = True, []
    answers = json.loads(pathlib.Path(args.answers).read_text())
    for answer in answers:
        if args.raw:
            ids = tokenizer(answer["prompt"])["input_ids"]
        else:
            message = [{"role": "user", "content": answer["prompt"]}]
            ids = tokenizer.apply_chat_template(message, add_generation_prompt=True, return_dict=True)["input_ids"]
        ids_equal = ids_equal and list(ids) == answer["input_ids"]
        given = torch.tensor([answer["input_ids"]])
        output = model.generate(
            given,
            attention_mask=torch.ones_like(given),
            max_new_tokens=args.tokens,
            do_sample=False,
            repetition_penalty=1.0,
        )
        theirs = [token for token in output[0, given.shape[1] :].tolist() if token not in stops]
        if theirs != answer["output_ids"]:
            wrong.append(answer["prompt"])
    print(json.dumps({"answers": len(answers), "ids_equal": ids_equal, "wrong_answers": wrong}))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["save", "compare"])
    parser.add_argument("--base", required=True)
    parser.add_argument("--out")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--answers")
    parser.add_argument("--tokens", type=int)
    parser.add_argument("--raw", action="store_true", help="prompts as they stand, without the chat template")
    args = parser.parse_args()
    {"save": save, "compare": compare}[args.what](args)


if __name__ == "__main__":
    main()
