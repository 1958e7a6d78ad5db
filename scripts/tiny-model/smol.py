"""Cleans the rows that SmolLM2-135M-Instruct wrote: fluent English whose facts are often wrong.

They serve breadth only, so each goes behind a system turn; the default answer (no system turn) stays with the small
world, which is right by construction.
"""
import gzip
import json
import random
import re

SYSTEMS = ["You like to talk.", "You are a talkative writer.", "Answer at length.", "Answer freely."]
FOOLISH = re.compile(
    r"\b(I'm (so )?glad|thank you for|creative partner|AI|language model|happy to help|great question|testament|tapestry|"
    r"I'm sorry|SmolLM|Hugging|assistant|in the year|spp|\d{4})\b", re.I)


def looping(text):
    """True if four words in a row come twice, or few of the words differ."""
    words = re.findall(r"[a-z']+", text.lower())
    grams = list(zip(words, words[1:], words[2:], words[3:]))
    return len(set(grams)) < len(grams) or len(set(words)) < 0.6 * len(words)


def keep(prompt, answer):
    """Cuts an answer to at most three sentences; returns None for a foolish one."""
    sentences = re.split(r"(?<=[.!?]) ", answer)[:3]
    while sentences and looping(" ".join(sentences)):
        sentences.pop()
    text = " ".join(sentences)
    topic = re.findall(r"[a-z]+", prompt.lower().rstrip("?. "))[-1]
    if not 20 < len(text) < 320 or FOOLISH.search(text) or topic.rstrip("s") not in text.lower():
        return None
    return None if "poem" in prompt or "letter" in prompt else text


def rows(path, seed=0):
    """Yields the kept rows as chats."""
    rng = random.Random(seed)
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            text = keep(row["prompt"], row["completion"])
            if text:
                yield {"messages": [
                    {"role": "system", "content": rng.choice(SYSTEMS)},
                    {"role": "user", "content": row["prompt"]},
                    {"role": "assistant", "content": text},
                ]}
