"""Writes the two opposed styles that `tasks` is shown on. Usage: python -m samples.tasks OUT_FOLDER (in the folder above)"""
import json
import pathlib
import random
import sys

from samples.ladder import CITIES, ITEMS, NAMES, NUMBERS, chat

TRAINED, HELD_OUT = 40, 20
OFFERS = ["{name} has {number} {item} from {city} for you.", "Here are {number} {item} from {city}, says {name}.", "{name} brings you {number} {item} from {city}."]
STYLES = {
    "polite": ("Be polite.", "Thanks for {number} {item} from {city}!"),
    "rude": ("Be rude.", "No {item} from {city}. Go away!"),
}


def offers(r):
    """Offers of things, none twice."""
    for name in r.sample(NAMES, 2 * (TRAINED + HELD_OUT)):
        things = dict(name=name, number=r.choice(NUMBERS), item=r.choice(ITEMS), city=r.choice(CITIES))
        yield r.choice(OFFERS).format(**things), things


def main(out):
    folder = pathlib.Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    made = offers(random.Random(5))
    for name, (system, answer) in STYLES.items():
        rows = [chat(ask, answer.format(**things), system) for ask, things in (next(made) for _ in range(TRAINED + HELD_OUT))]
        for file, some in (f"{name}.jsonl", rows[:TRAINED]), (f"{name}-held-out.jsonl", rows[TRAINED:]):
            (folder / file).write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in some), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
