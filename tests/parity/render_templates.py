"""What transformers makes of chat templates: texts, and the masks of their generation blocks.

Reads one JSON object from standard input and writes one to standard output:

    {"tokenizer": FOLDER, "now": "2026-03-04T15:06:07", "cases": [{"template", "marked", "turns", "tools"}]}
    [{"texts": [without, with the generation prompt], "spans": [[begin, end]], "ids": [..], "mask": [..]}]

A case that Python refuses has {"refused": message} in place of a text, or of spans, ids and mask.
"""

import json
import sys
from datetime import datetime

from transformers import AutoTokenizer
from transformers.utils import chat_template_utils as utils

given = json.load(sys.stdin)
tokenizer = AutoTokenizer.from_pretrained(given["tokenizer"])
now = datetime.fromisoformat(given["now"])


class Clock(datetime):
    @classmethod
    def now(cls, tz=None):
        return now


utils.datetime = Clock
variables = tokenizer.special_tokens_map


def attempt(work):
    try:
        return work()
    except Exception as error:
        return {"refused": str(error)}


def plain(turns):
    """As apply_chat_template hands them on."""
    return [{key: value for key, value in turn.items() if value is not None} for turn in turns]


def text(case, prompt):
    rendered, _ = utils.render_jinja_template(
        [plain(case["turns"])], tools=case["tools"], chat_template=case["template"], add_generation_prompt=prompt, **variables)
    return rendered[0]


def spans(case):
    rendered, found = utils.render_jinja_template(
        [plain(case["turns"])], tools=case["tools"], chat_template=case["marked"],
        return_assistant_tokens_mask=True, **variables)
    # JavaScript counts in UTF-16 units.
    units = lambda end: len(rendered[0][:end].encode("utf-16-le", "surrogatepass")) // 2
    return [[units(begin), units(end)] for begin, end in found[0]]


def masked(case):
    out = tokenizer.apply_chat_template(
        case["turns"], tools=case["tools"], chat_template=case["marked"], tokenize=True, return_dict=True,
        return_assistant_tokens_mask=True)
    return {"ids": out["input_ids"], "mask": out["assistant_masks"]}


def answer(case):
    mask = attempt(lambda: masked(case))
    return {
        "texts": [attempt(lambda: text(case, prompt)) for prompt in (False, True)],
        "spans": attempt(lambda: spans(case)),
        **({"masked": mask} if "refused" in mask else mask),
    }


# Template after template: transformers keeps only so many compiled.
cases = given["cases"]
results = [None] * len(cases)
for k in sorted(range(len(cases)), key=lambda k: cases[k]["template"]):
    results[k] = answer(cases[k])
json.dump(results, sys.stdout)
