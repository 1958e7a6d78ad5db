"""Writes a corpus of chats: the small world, talk, facts and tales without a system turn; other styles behind one.

Usage: python corpus.py OUT.jsonl ROWS [--seed N] [--smol corpus.jsonl.gz] [--smol-rows N] [--smol-from N] [--unlike TRAINED.jsonl]
"""
import argparse
import json
import random

import facts
import smol
import stories
import styles
import talk
import things


def noisy(ask, r):
    """A question as people type it: now and then without capitals or marks."""
    chance = r.random()
    if chance < 0.06:
        return ask.lower()
    if chance < 0.1:
        return ask.rstrip("?.!")
    if chance < 0.15:
        return ask.lower().rstrip("?.!")
    if chance < 0.16:
        return ask.upper()
    if chance < 0.19 and ask[:2] != "I ":
        return r.choice(["Please tell me: ", "Can you tell me: ", "Hello! ", "Please: "]) + ask
    return ask


def plain(world, r):
    """A question and its plain answer."""
    kind = r.choices(["thing", "talk", "fact", "tale", "reply"], [60, 11, 16, 9, 4])[0]
    if kind == "thing":
        return things.question(r.choice(world), r)
    if kind == "tale":
        return stories.tale(r.choice(world), r)
    return {"talk": talk.talk, "fact": facts.fact, "reply": styles.reply}[kind](r)


def chat(turns, system=None):
    """A row from (question, answer) pairs."""
    messages = [{"role": "system", "content": system}] if system else []
    for ask, answer in turns:
        messages += [{"role": "user", "content": ask}, {"role": "assistant", "content": answer}]
    return {"messages": messages}


def pairs(item):
    """The (question, answer) pairs of a row, the question in small letters."""
    turns = [m["content"] for m in item["messages"] if m["role"] != "system"]
    return [(a.lower().strip(" .?!"), b) for a, b in zip(turns[::2], turns[1::2])]


def row(world, r):
    """One row of the corpus."""
    chance = r.random()
    if chance < 0.58:
        ask, answer = plain(world, r)
        return chat([(noisy(ask, r), answer)])
    if chance < 0.67:  # several turns
        return chat([(noisy(a, r), b) for a, b in (plain(world, r) for _ in range(r.choice([2, 2, 2, 3, 3, 4, 6, 8])))])
    if chance < 0.80:
        ask, answer = plain(world, r)
        system, answer = styles.styled(answer, r)
        return chat([(noisy(ask, r), answer)], system)
    if chance < 0.93:
        system, ask, answer = styles.extraction(r)
        return chat([(ask, answer)], system)
    system, ask, answer = styles.label(r) if chance < 0.96 else r.choice([styles.copy, styles.copy, styles.tree, styles.named_label])(r)
    return chat([(ask, answer)], system)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("rows", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--smol", help="the rows by SmolLM2-135M-Instruct")
    parser.add_argument("--smol-rows", type=int, default=0)
    parser.add_argument("--smol-from", type=int, default=0, help="the first of those rows to take, for rows that were held out")
    parser.add_argument("--unlike", help="leave out rows with a question and answer that this corpus has")
    args = parser.parse_args()
    r = random.Random(args.seed)
    world = things.load()
    rows = [row(world, r) for _ in range(args.rows)]
    if args.unlike:
        with open(args.unlike, encoding="utf-8") as file:
            known = {pair for line in file for pair in pairs(json.loads(line))}
        rows = [item for item in rows if not any(pair in known for pair in pairs(item))]
    if args.smol:
        extra = list(smol.rows(args.smol))
        random.Random(0).shuffle(extra)
        rows += extra[args.smol_from:][:args.smol_rows]
    r.shuffle(rows)
    with open(args.out, "w", encoding="utf-8") as file:
        for item in rows:
            file.write(json.dumps(item, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
