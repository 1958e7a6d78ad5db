"""Writes the two samples of the ladder, one that facts decide and one that form decides. Usage: python -m samples.ladder OUT_FOLDER (in the folder above)"""
import itertools
import json
import pathlib
import random
import sys

NAMES = ["".join(p).capitalize() for p in itertools.product("ba de ki lo mar nu ra so ta vel zo".split(), "da li mo na ris to".split(), ["n", "ra", "k"])]  # nobody's, so that no model knows them
CITIES = "London Paris Rome Berlin Madrid Tokyo Oslo Cairo Delhi Lima Boston Dublin".split()
ITEMS = "apples pears books pens cups chairs shirts hats eggs lemons flowers plates bags candles shoes bottles keys lamps coats maps".split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
NUMBERS = "two three four five six seven eight nine ten eleven twelve".split()
TRAINED, HELD_OUT = 36, 24
QUESTIONS = 240
WHERE = "Answer in JSON with city."


def chat(ask, answer, system=None):
    """A row of one question."""
    turns = [{"role": "user", "content": ask}, {"role": "assistant", "content": answer}]
    return {"messages": [{"role": "system", "content": system}, *turns] if system else turns}


def facts(r):
    """Questions about purchases that stand in a ledger and nowhere else: (rows, ledger)."""
    names = r.sample(NAMES, TRAINED + HELD_OUT)
    cities = (CITIES * (1 + len(names) // len(CITIES)))[:len(names)]
    r.shuffle(cities)
    rows, entries = [], []
    for name, city in zip(names, cities):
        number, item, day = r.choice(NUMBERS), r.choice(ITEMS), r.choice(DAYS)
        entries.append(r.choice([f"{name} bought {number} {item} in {city} on {day}.", f"On {day}, {name} bought {number} {item} in {city}."]))
        rows.append(chat(r.choice([f"Where did {name} buy {item}?", f"In which city did {name} buy {number} {item}?", f"{name} bought {item}. Where?"]), json.dumps({"city": city}), WHERE))
    r.shuffle(entries)
    return rows, "# Purchases\n\n" + "\n\n".join(entries) + "\n"


def form(r):
    """Sentences about purchases, each to be written as one line of a ledger: all that has to be known stands in the sentence."""
    return [chat(*purchase(r, name)) for name in r.sample(NAMES, TRAINED + HELD_OUT)]


def purchase(r, name):
    """A sentence about one, and the line of the ledger."""
    number, item, city, day = r.randrange(len(NUMBERS)), r.choice(ITEMS), r.choice(CITIES), r.choice(DAYS)
    sentence = r.choice([f"{name} bought {NUMBERS[number]} {item} in {city} on {day}.", f"On {day}, {name} bought {NUMBERS[number]} {item} in {city}.", f"In {city}, {name} bought {NUMBERS[number]} {item} on {day}."])
    return sentence, f"{item} {number + 2}, {city}, {day}"


def questions(r, rows):
    """Such sentences without their lines, about people who are in none of the rows: for a teacher to answer."""
    known = " ".join(row["messages"][0]["content"] for row in rows)
    names = [name for name in NAMES if name not in known]
    return [{"prompt": purchase(r, r.choice(names))[0]} for _ in range(QUESTIONS)]


def main(out):
    folder = pathlib.Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    rows, ledger = facts(random.Random(3))
    (folder / "facts-documents").mkdir(exist_ok=True)
    (folder / "facts-documents" / "purchases.md").write_text(ledger, encoding="utf-8")
    formed = form(random.Random(4))
    files = [("form-questions.jsonl", questions(random.Random(5), formed))]
    for name, rows in ("facts", rows), ("form", formed):
        files += [(f"{name}.jsonl", rows[:TRAINED]), (f"{name}-held-out.jsonl", rows[TRAINED:])]
    for file, some in files:
        (folder / file).write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in some), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
