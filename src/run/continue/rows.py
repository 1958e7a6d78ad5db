"""Reads the rows of a JSON Lines file as Lowrank does: the same ones are used, and the same are passed over.

A row is ("turns", [(message, whether it is trained on), ...]), ("pair", prompt, completion) or ("text", text).
"""

import codecs
import collections
import decimal
import json
import math
import re

# The formats by the keys that speak for them; of several, the first.
FORMATS = {"chat": ["messages"], "sharegpt": ["conversations"], "preference": ["chosen", "rejected"],
           "prompt-completion": ["prompt", "completion"], "alpaca": ["instruction", "output"], "text": ["text"]}
SPEAKERS = {"human": "user", "user": "user", "gpt": "assistant", "assistant": "assistant", "system": "system",
            "function_call": "assistant", "observation": "tool", "tool": "tool"}
# The format is decided by so many rows, or bytes, at the start.
FORMAT_ROWS, FORMAT_BYTES = 200, 8 << 20
# Longer lines are not read.
LINE_BYTES = 4 << 20


def read_rows(data, mapping=None):
    """Every row that can be used. `mapping`: the columns, where they were chosen by hand."""
    main = None if mapping else main_format(data)
    for row, _ in objects(data):
        result = read_mapped(row, mapping) if mapping else read_row(row, main)
        if result is not None:
            yield result


def objects(data):
    """The object of each line that holds one, and the length of the line."""
    # At line feeds only: Unicode has other breaks, and they may stand inside a text.
    for line in data.removeprefix(codecs.BOM_UTF8).split(b"\n"):
        line = line.removesuffix(b"\r")
        if len(line) > LINE_BYTES:
            continue
        try:
            row = json.loads(line.decode("utf-8"), parse_constant=no_number)
        except ValueError:
            continue
        if isinstance(row, dict):
            yield well_formed(row), len(line)


def no_number(name):
    raise ValueError(f"{name} is no JSON")


def well_formed(value):
    """Lone surrogates, which JSON can spell and tokenizers do not take, become U+FFFD."""
    if isinstance(value, str):
        return re.sub(r"[\ud800-\udfff]", "\ufffd", value)
    if isinstance(value, list):
        return [well_formed(item) for item in value]
    return {key: well_formed(item) for key, item in value.items()} if isinstance(value, dict) else value


def format_of(row):
    return next((name for name, keys in FORMATS.items() if all(key in row for key in keys)), None)


def main_format(data):
    """What most of the first rows are; None where none of them says."""
    if not any(format_of(row) for row, _ in objects(data)):
        raise SystemExit(
            "The data are in no format that is known here: their columns were chosen by hand, and run.json does not "
            'say how. Add it to the "dataset" there, as "mapping": {"prompt": "COLUMN", "completion": "COLUMN"}, '
            'with "system" where one was chosen, or as "mapping": {"text": "COLUMN"}.')
    votes, size = collections.Counter(), 0
    for count, (row, length) in enumerate(objects(data), 1):
        votes.update(filter(None, [format_of(row)]))
        size += length
        if count >= FORMAT_ROWS or size >= FORMAT_BYTES:
            break
    # Preference pairs cannot be used, so anything else is rather meant.
    return max(votes, key=lambda name: (name != "preference", votes[name]), default=None)


def read_row(row, main):
    """By the format of the file, else by the row's own: files of several formats may have been opened as one."""
    own = format_of(row)
    first = main or own
    result = READERS[first](row) if first else None
    return READERS[own](row) if result is None and own not in (None, first) else result


def filled(value):
    return isinstance(value, str) and value != ""


def turn(role, content, train=False):
    return {"role": role, "content": content}, train


def checked(messages, train=True):
    """Messages as turns; None where one cannot be used."""
    if not isinstance(messages, list) or not messages:
        return None
    turns = []
    for message in messages:
        if not isinstance(message, dict):
            return None
        given = {key: value for key, value in message.items() if value is not None}
        weight = given.pop("weight", None)
        # Files of OpenAI's have an empty list where no tool is called.
        if given.pop("tool_calls", []) != []:
            return None
        if given.keys() - {"role", "content", "name"} or not filled(given.get("content")):
            return None
        if given.get("role") not in ("system", "user", "assistant", "tool"):
            return None
        if not isinstance(given.get("name", ""), str):
            return None
        assistant = given["role"] == "assistant"
        # To Python, true is 1 as well.
        if weight is not None and (not assistant or isinstance(weight, bool) or weight not in (0, 1)):
            return None
        turns.append((given, train and assistant and weight != 0))
    return turns


def conversation(turns, answers):
    """The row, where the assistant speaks among `answers`."""
    spoken = any(message["role"] == "assistant" for message, _ in answers or [])
    return ("turns", turns) if turns and spoken else None


def read_chat(row):
    turns = checked(row.get("messages"))
    tools = row.get("tools")
    return None if isinstance(tools, list) and tools else conversation(turns, turns)


def read_sharegpt(row):
    items = row.get("conversations")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        return None
    speakers = [item.get("from") for item in items]
    if not all(isinstance(speaker, str) and speaker in SPEAKERS for speaker in speakers):
        return None
    turns = checked([{"role": SPEAKERS[item["from"]], "content": item.get("value")} for item in items])
    if turns and filled(row.get("system")) and turns[0][0]["role"] != "system":
        turns.insert(0, turn("system", row["system"]))
    return conversation(turns, turns)


def read_pair(row):
    prompt, completion = row.get("prompt"), row.get("completion")
    if isinstance(prompt, str):
        return ("pair", prompt, completion) if filled(completion) else None
    before, after = checked(prompt, train=False), checked(completion)
    return conversation(before + after, after) if before and after else None


def read_alpaca(row):
    given, more = row.get("instruction"), row.get("input")
    if not filled(given) or not filled(row.get("output")) or not (more is None or isinstance(more, str)):
        return None
    return "pair", f"{given}\n\n{more}" if more else given, row["output"]


def read_text(row, column="text"):
    return ("text", row[column]) if filled(row.get(column)) else None


READERS = {"chat": read_chat, "sharegpt": read_sharegpt, "preference": lambda row: None,
           "prompt-completion": read_pair, "alpaca": read_alpaca, "text": read_text}


def read_mapped(row, mapping):
    if "text" in mapping:
        return read_text(row, mapping["text"])
    prompt, completion = cell(row.get(mapping["prompt"])), cell(row.get(mapping["completion"]))
    if prompt is None or not completion:
        return None
    if mapping.get("system") is None:
        return "pair", prompt, completion
    system = cell(row.get(mapping["system"]))
    if system is None:
        return None
    turns = [turn("user", prompt), turn("assistant", completion, train=True)]
    return "turns", [turn("system", system), *turns] if system else turns


def cell(value):
    """The text in a column; numbers and truth values are spelled as JavaScript does, anything else is None."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, (int, float)):
        return value if isinstance(value, str) else None
    if isinstance(value, int) or value.is_integer():
        # Beyond this, JavaScript may not have read the file's own number.
        return str(int(value)) if abs(value) < 2**53 else None
    if not math.isfinite(value):
        return None
    if abs(value) < 1e-6:
        return repr(value).replace("e-0", "e-")
    return format(decimal.Decimal(repr(value)), "f")
