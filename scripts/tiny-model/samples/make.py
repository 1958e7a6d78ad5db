"""Writes the sample datasets. Usage: python -m samples.make OUT_FOLDER MODEL_FOLDER (in the folder above; the tokenizer of the model checks the lengths)"""
import json
import pathlib
import random
import sys

from tokenizers import Tokenizer

from samples import extract

HERE = pathlib.Path(__file__).parent
ASK = "Is this message a complaint, praise, a question or a request?"
LIMIT = 80  # tokens of a row after the chat template


def pirate():
    """Chats whose answers are a pirate's."""
    rows = []
    for line in (HERE / "pirate.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            ask, answer = (part.strip() for part in line.split(" | "))
            rows.append({"messages": [{"role": "user", "content": ask}, {"role": "assistant", "content": answer}]})
    return rows


def classify():
    """Alpaca rows: the question, a message to a shop, one label."""
    rows, label = [], None
    for line in (HERE / "classify.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            label = line.strip("[]")
        elif line and not line.startswith("#"):
            rows.append({"instruction": ASK, "input": line, "output": label})
    return rows


def messages(row):
    """A row as chat messages, as the application renders it."""
    if "messages" in row:
        return row["messages"]
    ask = row["prompt"] if "prompt" in row else row["instruction"] + ("\n\n" + row["input"] if row.get("input") else "")
    return [{"role": "user", "content": ask}, {"role": "assistant", "content": row.get("completion", row.get("output"))}]


SAMPLES = [
    ("pirate.jsonl", "Talk like a pirate", "Questions about everyday things, small talk and sums, answered by a pirate.", "chat",
     ["Tell me about the rain.", "What is an elephant?"], pirate),
    ("extract.jsonl", "Sentence to JSON", "A sentence about who did what, and the facts in it as a JSON object.", "prompt-completion",
     ["Nina bought four lamps in Oslo on Tuesday.", "On Sunday, Hugo sold 7 books in Lima."], lambda: extract.rows(random.Random(7))),
    ("classify.jsonl", "Sort messages", "A message to a shop, and one label: complaint, praise, question or request.", "alpaca",
     [ASK + "\n\nThe table came without screws.", ASK + "\n\nDo you sell red hats?"], classify),
]


def main(out, model):
    folder = pathlib.Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = Tokenizer.from_file(str(pathlib.Path(model) / "tokenizer.json"))
    index = []
    for file, title, description, form, prompts, make in SAMPLES:
        rows = make()
        random.Random(11).shuffle(rows)
        asked = [messages(row)[0]["content"] for row in rows]
        assert len(set(asked)) == len(rows), f"{file}: a prompt comes twice"
        assert not set(asked) & set(prompts), f"{file}: a suggested prompt is in the data"
        lengths = [len(tokenizer.encode("".join(f"<|im_start|>{m['role']}\n{m['content']}<|im_end|>\n" for m in messages(row))).ids) for row in rows]
        assert max(lengths) < LIMIT, f"{file}: a row has {max(lengths)} tokens"
        with open(folder / file, "w", encoding="utf-8") as out_file:
            for row in rows:
                out_file.write(json.dumps(row, ensure_ascii=False) + "\n")
        index.append({"file": file, "title": title, "description": description, "rows": len(rows), "format": form, "prompts": prompts})
        print(f"{file}: {len(rows)} rows, longest {max(lengths)} tokens, mean {sum(lengths) / len(rows):.1f}")
    (folder / "index.json").write_text(json.dumps(index, indent=2) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
