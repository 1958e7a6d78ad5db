"""Trains the tokenizer: byte-level BPE with 4096 entries, digits split one by one.

Usage: python build_tokenizer.py OUT_FOLDER TEXT_FILE...   (a .jsonl file gives the strings of its rows)
"""
import json
import pathlib
import sys

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from chat import END, PAD, SPECIAL, START, TEMPLATE

VOCABULARY = 4096


def texts(path):
    """Yields the texts of a file: lines of plain text, or every content of a .jsonl corpus."""
    with open(path, encoding="utf-8") as file:
        for line in file:
            if not path.endswith(".jsonl"):
                yield line.rstrip("\n")
                continue
            row = json.loads(line)
            yield from ([row["text"]] if "text" in row else [m["content"] for m in row["messages"]])


def train(paths):
    """Digits, then the GPT-2 pattern: the same pre-tokenizer as SmolLM's, which readers of tokenizer.json know."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=SPECIAL, min_frequency=2, show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), max_token_length=16,
    )
    tokenizer.train_from_iterator((text for path in paths for text in texts(path)), trainer)
    return tokenizer


def main(out, paths):
    """Writes tokenizer.json and tokenizer_config.json."""
    folder = pathlib.Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = train(paths)
    tokenizer.save(str(folder / "tokenizer.json"))
    added = {
        str(i): {"content": t, "lstrip": False, "normalized": False, "rstrip": False, "single_word": False, "special": True}
        for i, t in enumerate(SPECIAL)
    }
    config = {
        "added_tokens_decoder": added, "add_prefix_space": False, "bos_token": START, "eos_token": END, "pad_token": PAD,
        "unk_token": PAD, "chat_template": TEMPLATE, "clean_up_tokenization_spaces": False, "model_max_length": 512,
        "padding_side": "right", "tokenizer_class": "PreTrainedTokenizerFast",
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n")
    print("entries:", tokenizer.get_vocab_size())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
