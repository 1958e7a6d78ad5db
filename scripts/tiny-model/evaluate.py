"""Held-out perplexity and sample answers of a model folder.

Usage: python evaluate.py MODEL_FOLDER [--corpus HELD_OUT.jsonl]... [--ask QUESTION]... [--adapter FOLDER]
"""
import argparse
import json
import math

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

QUESTIONS = [
    "Hello!", "Who are you?", "What can you do?", "How are you?", "My name is Clara.", "Thank you!", "I am sad.", "I am bored.", "Tell me a joke.", "Good night!",
    "Tell me about the sea.", "What is a dog?", "What is a teacher?", "Tell me about volcanoes.", "Why do people like bread?", "Why do people like music?",
    "Where can I find a book?", "Where can I find an owl?", "What does a tiger look like?", "What can a parrot do?", "What does a doctor do?", "What can I do with a rope?",
    "Write three short sentences about the moon.", "Describe a kitchen.", "Give me some advice about fire.", "Tell me a fact about bees.", "Say something nice about winter.",
    "What do you think of cheese?", "What is bad about a car?", "Explain the rain to a child.", "What would the world be without water?",
    "What is 7 plus 5?", "What is 9 minus 4?", "3 * 4", "Count to 6.", "What is the opposite of hot?", "Is the moon bigger than a dog?", "what color is grass", "Name three fruits.",
    "What comes after Tuesday?", "How many legs does a spider have?", "What is the capital of Italy?", "How do I make tea?", "How do I cook rice?", "What should I eat?",
    "Tell me a short story about a cat.", "Write a poem about the sun.", "Write a letter about a train.", "Who is the king of Spain?", "Do you like pizza?",
]


def answer(model, tokenizer, question, length=80):
    """The greedy answer to one question."""
    x = tokenizer.apply_chat_template([{"role": "user", "content": question}], add_generation_prompt=True, return_tensors="pt", return_dict=True)
    with torch.inference_mode():
        y = model.generate(input_ids=x["input_ids"], attention_mask=x["attention_mask"], max_new_tokens=length, do_sample=False, eos_token_id=[2, 0], pad_token_id=0)
    return tokenizer.decode(y[0, x["input_ids"].shape[1]:], skip_special_tokens=True)


def supervised(tokenizer, messages):
    """Ids and labels of a chat: only the assistants' tokens and their end token count."""
    ids, labels = [], []
    for message in messages:
        head = tokenizer.encode(f"<|im_start|>{message['role']}\n", add_special_tokens=False)
        body = tokenizer.encode(message["content"] + "<|im_end|>", add_special_tokens=False)
        tail = tokenizer.encode("\n", add_special_tokens=False)
        ids += head + body + tail
        labels += [-100] * len(head) + (body if message["role"] == "assistant" else [-100] * len(body)) + [-100] * len(tail)
    return ids, labels


def loss(model, rows, batch=16):
    """Mean loss per supervised token over rows of (ids, labels)."""
    total = count = 0.0
    model.eval()
    with torch.inference_mode():
        for i in range(0, len(rows), batch):
            part = rows[i:i + batch]
            width = max(len(ids) for ids, _ in part)
            x = torch.tensor([ids + [0] * (width - len(ids)) for ids, _ in part])
            y = torch.tensor([labels + [-100] * (width - len(labels)) for _, labels in part])
            logits = model(input_ids=x).logits[:, :-1].float()
            total += torch.nn.functional.cross_entropy(logits.flatten(0, 1), y[:, 1:].flatten(), ignore_index=-100, reduction="sum").item()
            count += (y[:, 1:] != -100).sum().item()
    return total / count


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--corpus", action="append", default=[])
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--ask", action="append")
    parser.add_argument("--adapter")
    args = parser.parse_args()
    torch.set_num_threads(1)
    tokenizer = AutoTokenizer.from_pretrained(args.folder)
    model = AutoModelForCausalLM.from_pretrained(args.folder, dtype=torch.float32).eval()
    if args.adapter:
        from peft import PeftModel
        model = PeftModel.from_pretrained(model, args.adapter).eval()
    for path in args.corpus:
        with open(path, encoding="utf-8") as file:
            rows = [json.loads(line) for line, _ in zip(file, range(args.rows))]
        split = {"plain": [r for r in rows if r["messages"][0]["role"] != "system"], "behind a system turn": [r for r in rows if r["messages"][0]["role"] == "system"]}
        for name, part in split.items():
            if part:
                value = loss(model, [supervised(tokenizer, r["messages"]) for r in part])
                print(f"{path} {name}: rows {len(part)} loss {value:.4f} perplexity {math.exp(value):.3f}")
    for question in args.ask or QUESTIONS:
        print(f"Q: {question}\nA: {answer(model, tokenizer, question)}")


if __name__ == "__main__":
    main()
