"""Reads the rows of a JSON Lines file as Lowrank does: the same ones are used, and the same are passed over.

A row is ("turns", [(message, whether it is trained on), ...], tools), ("pair", prompt, completion) or ("text", text).
The tools are None where there are none.
"""

import codecs
import collections
import decimal
import json
import math
import re

CHOSEN = ["chosen", "chosen_messages", "chosen_response", "preferred_output", "preferred", "winner"]
REJECTED = ["rejected", "rejected_messages", "rejected_response", "non_preferred_output", "dispreferred", "loser"]
SCORED = {"responses", "completions", "answers", "outputs", "candidates", "generations", "choices"}
SCORES = {"scores", "ratings", "ranks", "ranking", "rankings", "rewards", "labels"}
SCORE = {"score", "rating", "rank", "reward", "overall_score", "label", "pm_score", "votes", "upvotes", "selected"}
ONE_OF_TWO = re.compile(r"(.*(?:response|answer|completion|output|ref|reply))_?(a|b|0|1|2)")
QUESTIONS = ["prompt", "question", "instruction", "query", "user", "human", "problem", "inputs", "input", "source",
             "text_input", "input_text", "inputtext", "message"]
ANSWERS = ["completion", "answer", "response", "output", "assistant", "reply", "solution", "targets", "target",
           "text_output", "output_text", "outputtext", "canonical_solution"]
CONTEXTS = ["context", "input", "passage"]
HISTORIES = ["history", "chat_history", "conversation_history", "previous_turns"]
TEXTS = ["text", "sentence", "review", "document", "article", "comment", "tweet", "message", "content", "title",
         "dialogue", "dialog", "conversation", "transcript"]
LABELS = ["label_text", "label_name", "label", "class", "sentiment", "intent", "emotion", "summary", "highlights",
          "code", "sql"]
TEXT_PAIRS = [("premise", "hypothesis"), ("sentence1", "sentence2"), ("question1", "question2"), ("text1", "text2")]
CHOICES = ["choices", "options", "endings"]
RIGHT = ["answerkey", "answer_key", "answer_idx", "answer_index", "correct_answer", "answer", "label", "gold"]
SYSTEMS = ["system", "system_prompt", "instructions", "systemInstruction", "system_instruction"]
TOOLS = ["tools", "functions"]
SPEAKERS = {**dict.fromkeys(["system", "developer"], "system"),
            **dict.fromkeys(["user", "human", "prompter", "customer"], "user"),
            **dict.fromkeys(["assistant", "gpt", "model", "bot", "chatbot", "ai", "chatgpt", "bing", "bard", "claude",
                             "function_call", "tool_call"], "assistant"),
            **dict.fromkeys(["tool", "function", "ipython", "observation", "tool_response", "function_response"], "tool")}
ROLE_KEYS = ["role", "from", "speaker", "author", "sender"]
CONTENT_KEYS = ["content", "value", "text", "message", "parts"]
WEIGHT_KEYS = ["weight", "loss_weight", "train", "trainable", "training", "loss"]
THOUGHT_KEYS = ["reasoning_content", "reasoning", "thinking", "thought"]
EXCHANGES = [("user", "assistant"), ("human", "assistant"), ("human", "gpt"), ("human", "bot"), ("prompt", "completion"),
             ("prompt", "response"), ("question", "answer"), ("query", "response"), ("input", "output"),
             ("instruction", "output")]
DIALOGUES = {"conversation", "dialogue", "dialog", "dialogs", "dialogues", "turns", "chat", "history", "data"}
# Columns that say whether the answer is a good one.
VERDICTS = {"label", "kto_tag", "desirable", "is_desirable", "good", "is_good", "is_preferred", "accepted", "is_accepted",
            "approved", "correct", "is_correct", "thumbs_up", "feedback"}
OPPOSITES = {"rejected", "bad", "is_bad", "undesirable", "is_rejected", "incorrect", "thumbs_down"}
GOOD = {"true", "1", "good", "desirable", "yes", "accepted", "correct", "approved", "thumbs_up", "up", "accept", "👍", "+1"}
BAD = {"false", "0", "-1", "bad", "undesirable", "no", "rejected", "incorrect", "wrong", "thumbs_down", "down", "reject", "👎"}
# Columns that may say anything, or a number; a word in them is a verdict all the same.
MAY_BE = {"rating", "vote", "verdict", "reaction", "score", "reward", "thumbs"}
# What an annotator did with an example (Prodigy).
DONE = {"accept": True, "reject": False, "ignore": False}
MEDIA = {"image", "images", "video", "videos", "audio", "audios"}
PLACEHOLDER = re.compile(r"(?:^|\n)\s*<(?:image|video|audio)>\s*(?:\n|$)|^<(?:image|video|audio)>"
                         r"|<\|(?:image|video|audio)(?:_pad)?\|>")
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
            row = read_json(line.decode("utf-8"))
        except ValueError:
            continue
        row = as_row(row)
        if row is not None:
            yield well_formed(row), len(line)


def as_row(value):
    """A list is its turns, or a question and its answer where it is two texts."""
    if isinstance(value, list):
        if is_turns(value):
            return {"messages": value}
        pair = len(value) == 2 and all(isinstance(item, str) for item in value)
        return {"prompt": value[0], "completion": value[1]} if pair else None
    return value if isinstance(value, dict) else None


def read_json(text):
    """With a comma after it, and NaN and Infinity as null: so scripts write lines."""
    try:
        return json.loads(text, parse_constant=lambda name: None)
    except ValueError:
        return json.loads(re.sub(r",\s*$", "", text), parse_constant=lambda name: None)


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
    return next((name for name, (found, _) in FORMATS.items() if found(row)), None)


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
    # What cannot be used is never what is meant.
    return max(votes, key=lambda name: (name not in ("preference", "ranked", "not-rows"), votes[name]), default=None)


class Row:
    """The columns of a row, and which of them were read."""

    def __init__(self, row):
        self.row, self.used = row, set()

    def take(self, key):
        self.used.add(key)
        return self.row.get(key)

    def first(self, keys):
        key = next((key for key in keys if filled(self.row.get(key))), None)
        return None if key is None else self.take(key)


def read_row(row, main):
    """By its own format, else by that of the file."""
    if any(plain(key) in MEDIA and filled(unpacked(value)) for key, value in row.items()):
        return None
    name = format_of(row) or main
    columns = Row(row)
    result = FORMATS[name][1](columns) if name else None
    if result is None:
        return None
    asked = [result[1]] if result[0] == "pair" else []
    if result[0] == "turns":
        asked = [message["content"] for message, _ in result[1] if message["role"] == "user"]
    return None if any(PLACEHOLDER.search(text) for text in asked) else judged(columns, result)


def judged(columns, result):
    """None where a column that was not read says that the answer is a bad one."""
    for key, value in columns.row.items():
        name = plain(key)
        opposite = name in OPPOSITES
        says = javascript(value).strip().lower().replace(" ", "_")
        word = name in MAY_BE and not re.search(r"^[-\d]|true|false|^yes$|^no$", says)
        done = DONE.get(says) if name == "answer" else None
        if result[0] == "text" or key in columns.used or not (opposite or word or name in VERDICTS or done is not None):
            continue
        good = done if done is not None else (says in GOOD) != opposite
        if (says in GOOD | BAD or done is not None) and not good:
            return None
    return result


def javascript(value):
    """A value as JavaScript writes it into a text."""
    return "" if value is None else cell(value) or str(value)


def filled(value):
    return value is not None and value not in ("", [], {})


def plain(name):
    return re.sub(r"[\s-]+", "_", name.strip().lower())


def unpacked(value):
    """Text that holds a JSON list or object, as its value."""
    if isinstance(value, str) and re.match(r"\s*[\[{]", value):
        try:
            return json.loads(value, parse_constant=no_number)
        except ValueError:
            pass
    return value


def turn(role, content, train=False):
    return {"role": role, "content": content}, train


def first_of(item, keys):
    return next((item[key] for key in keys if filled(item.get(key))), None)


def speaker(name):
    return SPEAKERS.get(plain(name)) if isinstance(name, str) else None


def exchange_of(item):
    if first_of(item, ROLE_KEYS) is not None:
        return None
    return next((keys for keys in EXCHANGES if all(isinstance(item.get(key), str) for key in keys)), None)


def plain_keys(item):
    """Keys that begin with a capital, as most files have them."""
    return {plain(key) if re.match("[A-Z]", key) else key: value for key, value in item.items()}


def is_turn(item):
    if not isinstance(item, dict):
        return False
    item = plain_keys(item)
    who = first_of(item, ROLE_KEYS)
    return exchange_of(item) is not None or (
        isinstance(who, str) and (speaker(who) is not None or first_of(item, CONTENT_KEYS) is not None))


def is_turns(value):
    value = unpacked(value)
    return isinstance(value, list) and value != [] and all(map(is_turn, value[:4]))


def is_texts(value):
    value = unpacked(value)
    if not isinstance(value, list) or not value:
        return False
    text = lambda item: isinstance(item, str)
    pairs = all(isinstance(item, list) and len(item) == 2 and all(map(text, item)) for item in value)
    return pairs or (len(value) > 1 and all(map(text, value)))


def turns_in(value):
    """A list of turns, one under "messages", or a turn by itself, where everyone who speaks is known; else None."""
    value = unpacked(value)
    if isinstance(value, dict) and isinstance(value.get("messages"), list):
        value = value["messages"]
    value = [value] if isinstance(value, dict) else value
    if not isinstance(value, list) or not value:
        return None
    return value if all(isinstance(item, dict) and has_speaker(plain_keys(item)) for item in value) else None


def is_one_turn(row):
    return has_speaker(row) and isinstance(first_of(row, CONTENT_KEYS), str) and not any(map(is_turns, row.values()))


def has_speaker(item):
    return speaker(first_of(item, ROLE_KEYS)) is not None


def read_turns(value, train=True):
    """A list of turns; None where one cannot be used."""
    value = unpacked(value)
    if not isinstance(value, list) or not value:
        return None
    turns = []
    for i, item in enumerate(value):
        if isinstance(item, str):
            read = exchange([item]) if i % 2 == 0 else exchange([item], "assistant", train)
        elif isinstance(item, list) and len(item) == 2:
            read = both(item, train)
        elif isinstance(item, dict):
            item = plain_keys(item)
            keys = exchange_of(item)
            read = both([item[key] for key in keys], train) if keys else read_turn(item, train)
        else:
            read = None
        if read is None:
            return None
        turns += read
    return turns or None


def exchange(texts, role="user", train=False):
    text = cell(texts[0])
    return [turn(role, text, train)] if text else None


def both(pair, train):
    asked, answered = exchange(pair), exchange(pair[1:], "assistant", train)
    return asked + answered if asked and answered else None


def read_turn(item, train):
    who = first_of(item, ROLE_KEYS)
    role = speaker(who)
    if role is None:
        return None
    held = next((key for key in CONTENT_KEYS if filled(item.get(key))), next((key for key in CONTENT_KEYS if key in item), None))
    parts = read_content(item[held] if held else None)
    if parts is None:
        return None
    text, thought, called = parts
    called = next((item[key] for key in ("tool_calls", "function_call") if filled(item.get(key))), called)
    calls = None if called is None else read_calls(called)
    if called is not None and (calls is None or role != "assistant"):
        return None
    content = text or ""
    if calls is None and plain(who) in ("function_call", "tool_call"):
        calls = read_calls(content)
        content = "" if calls else content
    if (held is None or text is None) and not calls:
        return None
    if content == "" and role == "system":
        return []
    if content == "" and not calls and role != "tool":
        return None
    name, identity = item.get("name"), item.get("tool_call_id")
    if filled(name) and not isinstance(name, str):
        return None
    weight = read_weight(item, role)
    if weight is None:
        return None
    message = {"role": role, "content": content}
    if filled(name):
        message["name"] = name
    thought = cell(first_of(item, THOUGHT_KEYS)) or thought
    if thought:
        message["reasoning_content"] = thought
    if calls:
        message["tool_calls"] = calls
    if isinstance(identity, str) and identity:
        message["tool_call_id"] = identity
    return [(message, train and role == "assistant" and weight != 0)]


def read_content(value):
    """The text, the thinking and the calls of a turn; None where a part is none of these."""
    if not isinstance(value, (list, dict)):
        return "" if value is None else cell(value), None, None
    text, thought, calls = "", None, None
    for part in value if isinstance(value, list) else [value]:
        kind = part.get("type") if isinstance(part, dict) and isinstance(part.get("type"), str) else ""
        if isinstance(part, dict) and (kind == "tool_use" or isinstance(part.get("functionCall"), dict)):
            calls = [*(calls or []), part.get("functionCall") or part]
            continue
        words = part if isinstance(part, str) else None
        if isinstance(part, dict):
            words = cell(next((part[key] for key in ("text", "value", "content", "thinking") if part.get(key) is not None), None))
        if words is None or re.search("image|video|audio|file", kind):
            return None
        if kind.startswith(("thinking", "reasoning")):
            thought = words
        else:
            text += words
    return text, thought, calls


def read_weight(item, role):
    """0 or 1; None where the turn is not to have one. What lies between is not trained here."""
    least = 1
    for key in WEIGHT_KEYS:
        weight = item.get(key)
        if weight is None:
            continue
        if not isinstance(weight, (bool, int, float)) or not 0 <= weight <= 1 or (weight and role != "assistant"):
            return None
        if weight not in (0, 1):
            raise SystemExit(f"A turn has a weight of {weight}: turns are trained whole here, or not at all.")
        least = min(least, int(weight))
    return least


def read_tools(value):
    """None where one of them has no name."""
    value, tools = unpacked(value), []
    for item in map(unpacked, value if isinstance(value, list) else [value]):
        tool = item.get("function") if isinstance(item, dict) and isinstance(item.get("function"), dict) else item
        if not isinstance(tool, dict) or not isinstance(tool.get("name"), str):
            return None
        tools.append({"type": "function", "function": tool})
    return tools


def read_calls(value):
    value, calls = unpacked(value), []
    for item in map(unpacked, value if isinstance(value, list) else [value]):
        call = item.get("function") if isinstance(item, dict) and isinstance(item.get("function"), dict) else item
        if not isinstance(call, dict):
            return None
        name = next((call[key] for key in ("name", "action") if call.get(key) is not None), None)
        if not isinstance(name, str):
            return None
        given = next((call[key] for key in ("arguments", "parameters", "args", "input", "action_input")
                      if call.get(key) is not None), {})
        identity = {"id": item["id"]} if isinstance(item.get("id"), str) and item["id"] else {}
        calls.append({"type": "function", **identity, "function": {"name": name, "arguments": arguments(given)}})
    return calls or None


def arguments(given):
    """An object; files often have its JSON text, and some the JSON text of that."""
    value = given
    for _ in range(2):
        if isinstance(value, str):
            try:
                value = json.loads(value, parse_constant=no_number)
            except ValueError:
                return given
    return value if isinstance(value, dict) else given


def calls_in_words(message):
    """A turn whose calls are its words, for a template that writes none."""
    if "tool_calls" not in message:
        return message
    calls = [json.dumps({"name": call["function"]["name"], "arguments": call["function"]["arguments"]},
                        ensure_ascii=False, separators=(",", ":")) for call in message["tool_calls"]]
    words = "\n".join([*([message["content"]] if message["content"] else []), *calls])
    return {**{key: value for key, value in message.items() if key != "tool_calls"}, "content": words}


def conversation(columns, turns):
    """A row of these turns, where the assistant speaks, with the system text and the tools beside them."""
    if not turns or not any(message["role"] == "assistant" for message, _ in turns):
        return None
    system = system_beside(columns, turns)
    tools = columns.first(TOOLS)
    tools = read_tools(tools) if tools is not None else []
    return None if tools is None else ("turns", system + turns, tools or None)


def system_beside(columns, turns=()):
    if turns and turns[0][0]["role"] == "system":
        return []
    text = system_text(columns.first(SYSTEMS))
    return [turn("system", text)] if text else []


def system_text(value):
    if isinstance(value, dict):
        return system_text(next((value[key] for key in ("parts", "text", "content") if value.get(key) is not None), None))
    if isinstance(value, list):
        return "".join(map(system_text, value))
    return cell(value) or ""


def asked(columns, prompt, completion):
    if not completion or prompt is None:
        return None
    row = conversation(columns, [turn("user", prompt), turn("assistant", completion, train=True)])
    plain_pair = row is not None and len(row[1]) == 2 and row[2] is None
    return ("pair", prompt, completion) if plain_pair else row


def read_list(key):
    return lambda columns: conversation(columns, read_turns(columns.take(key)))


def read_pair(columns):
    lists = []
    for key in ("prompt", "completion"):
        value = columns.take(key)
        turns = turns_in(value) if isinstance(value, str) else value
        lists.append((turns, True) if isinstance(turns, list) else (value, False))
    (prompt, asks), (completion, answers) = lists
    if not asks and not answers:
        return asked(columns, cell(prompt), cell(completion))
    before = read_turns(prompt, train=False) if asks else exchange([prompt])
    after = read_turns(completion) if answers else exchange([completion], "assistant", True)
    if not before or not after or not any(message["role"] == "assistant" for message, _ in after):
        return None
    return conversation(columns, before + after)


def read_alpaca(columns):
    given, more, output = (columns.take(key) for key in ("instruction", "input", "output"))
    prompt, output = cell(given), cell(output)
    more = cell(more) if filled(more) else ""
    if not prompt or not output or more is None:
        return None
    prompt = f"{prompt}\n\n{more}" if more else prompt
    history = columns.take("history")
    if not filled(history):
        return asked(columns, prompt, output)
    earlier = read_turns(history)
    if earlier is None:
        return None
    turns = [*earlier, turn("user", prompt), turn("assistant", output, train=True)]
    return "turns", system_beside(columns, earlier) + turns, None


def named(columns, names, other=None):
    return next((column for name in names for column in columns if plain(column) == name and column != other), None)


def answer_in(value, column):
    """Of several answers to learn from, as SQuAD has them, the first."""
    if plain(column) != "answers":
        return value
    listed = unpacked(value)
    if isinstance(listed, dict) and isinstance(listed.get("text"), list):
        listed = listed["text"]
    if isinstance(listed, list) and all(isinstance(item, str) for item in listed):
        return listed[0] if listed else None
    return value


def question_and_answer(row):
    columns = [key for key, value in row.items() if not isinstance(value, (list, dict)) or turns_in(value)]
    question = named(columns, QUESTIONS)
    answer = named(columns, ANSWERS, question)
    if answer is None:
        answer = named([key for key, value in row.items() if filled(value)], ["answers"])
    if question is None or answer is None:
        return None
    context = named([key for key in columns if not turns_in(row[key])], CONTEXTS, question)
    return question, answer, context if context and context != answer and filled(row[context]) else None


def read_question(columns):
    found = question_and_answer(columns.row)
    if found is None:
        return None
    question, answer, context = found
    given, wanted = columns.take(question), answer_in(columns.take(answer), answer)
    if turns_in(given) or turns_in(wanted):
        before = read_turns(turns_in(given), train=False) if turns_in(given) else exchange([given])
        said = read_turns(turns_in(wanted)) if turns_in(wanted) else exchange([wanted], "assistant", True)
        return conversation(columns, before + said) if before and said else None
    prompt, answer = cell(given), cell(wanted)
    about = "" if context is None else cell(columns.take(context))
    if prompt is None or about is None or not answer:
        return None
    prompt = f"{prompt}\n\n{about}" if about else prompt
    history = next((name for name in HISTORIES if filled(columns.row.get(name))), None)
    if history is None:
        return asked(columns, prompt, answer)
    earlier = read_turns(columns.take(history))
    if earlier is None:
        return None
    turns = [*earlier, turn("user", prompt), turn("assistant", answer, train=True)]
    return conversation(columns, system_beside(columns, earlier) + turns)


def listed(value):
    """The choices of a question, as (letter, text)."""
    value = unpacked(value)
    if isinstance(value, dict) and isinstance(value.get("text"), list):
        texts, letters = value["text"], value["label"] if isinstance(value.get("label"), list) else []
    elif isinstance(value, dict):
        texts, letters = list(value.values()), list(value)
    elif isinstance(value, list):
        texts = [item.get("text") if isinstance(item, dict) else item for item in value]
        letters = [first_given(item, "label", "key") if isinstance(item, dict) else None for item in value]
    else:
        return None
    letters = [cell(letters[i]) if i < len(letters) else None for i in range(len(texts))]
    found = [(chr(65 + i) if letters[i] is None else letters[i], cell(text) or "") for i, text in enumerate(texts)]
    return found if 1 < len(found) <= 26 and all(text for _, text in found) else None


def first_given(item, *keys):
    return next((item[key] for key in keys if item.get(key) is not None), None)


def question_with_choices(row):
    choices = next((key for key, value in row.items() if plain(key) in CHOICES and listed(value)), None)
    columns = [key for key, value in row.items() if value is not None and not isinstance(value, (list, dict))]
    question = named(columns, [*QUESTIONS, "ctx", "stem"])
    answer = named(columns, RIGHT, question)
    if choices is None or question is None or answer is None:
        return None
    context = named(columns, CONTEXTS, question)
    return question, choices, answer, context if filled(row.get(context)) else None


def read_choices(columns):
    question, choices, answer, context = question_with_choices(columns.row)
    about = "" if context is None else cell(columns.take(context))
    question, choices, answer = (columns.take(key) for key in (question, choices, answer))
    found, name, question = listed(choices), (cell(answer) or "").strip(), cell(question)
    right = next((i for which in (0, 1) for i, choice in enumerate(found) if choice[which].strip() == name), None)
    if right is None and re.fullmatch("[0-9]+", name) and int(name) < len(found):
        right = int(name)
    if right is None or not question or about is None:
        return None
    lines = [f"{letter}. {text}" for letter, text in found]
    return asked(columns, "\n".join([question, "", *([about, ""] if about else []), *lines]), lines[right])


def text_and_label(row):
    columns = [key for key, value in row.items() if value is not None and not isinstance(value, (list, dict))]
    label = named([key for key, value in row.items() if key in columns or isinstance(value, list)], LABELS)
    label = named(columns, ANSWERS) if label is None else label
    words = [key for key in columns if isinstance(row[key], str)]
    for pair in TEXT_PAIRS:
        if label is not None and all(named(words, [name]) for name in pair):
            return *(named(words, [name]) for name in pair), label
    text = named(words, TEXTS, label)
    return None if label is None or text is None else (text, label)


def label_in(value):
    several = isinstance(value, list) and value and all(isinstance(item, str) for item in value)
    return ", ".join(value) if several else value


def read_labelled(columns):
    found = text_and_label(columns.row)
    if found is None:
        return None
    *texts, label = (cell(label_in(columns.take(key))) for key in found)
    return asked(columns, "\n\n".join(texts), label) if all(texts) else None


def dialogue_column(row):
    turns = next((key for key, value in row.items() if is_turns(value)), None)
    if turns is not None:
        return turns
    return next((key for key, value in row.items() if (len(row) == 1 or plain(key) in DIALOGUES) and is_texts(value)), None)


def read_dialogue(columns):
    key = dialogue_column(columns.row)
    return None if key is None else conversation(columns, read_turns(columns.take(key)))


def is_preference(row):
    for at, name in enumerate(REJECTED):
        if filled(row.get(name)) or (name == "rejected" and name in row):
            return at < 4 or CHOSEN[at] in row
    return False


def is_ranked(row):
    scored = any(plain(key) in SCORES and isinstance(unpacked(value), list) for key, value in row.items())
    halves = {match.groups() for match in map(ONE_OF_TWO.fullmatch, map(plain, row)) if match}
    if any((name, {"a": "b", "0": "1", "1": "2"}.get(which)) in halves for name, which in halves):
        return True
    for key, value in row.items():
        if plain(key) == "choices" and question_with_choices(row):
            continue
        items = unpacked(value) if plain(key) in SCORED else None
        if isinstance(items, list) and items and (
                scored or all(isinstance(item, dict) and SCORE & item.keys() for item in items)):
            return True
    return False


def is_not_rows(row):
    articles = row.get("paragraphs")
    nested = isinstance(articles, list) and any(isinstance(item, dict) and "qas" in item for item in articles)
    return nested or ("current_node" in row and isinstance(unpacked(row.get("mapping")), dict)) or is_one_turn(row)


def is_contents(row):
    items = row.get("contents")
    return isinstance(items, list) and any(isinstance(item, dict) and "parts" in item for item in items)


def read_text(columns):
    text = columns.take("text")
    return ("text", text) if isinstance(text, str) and text else None


def has(*keys):
    return lambda row: all(key in row for key in keys)


# The formats, by what speaks for each, in the order in which they are tried.
FORMATS = {
    "preference": (is_preference, lambda columns: None),
    "ranked": (is_ranked, lambda columns: None),
    "chat": (has("messages"), read_list("messages")),
    "sharegpt": (has("conversations"), read_list("conversations")),
    "contents": (is_contents, read_list("contents")),
    "prompt-completion": (has("prompt", "completion"), read_pair),
    "alpaca": (has("instruction", "output"), read_alpaca),
    "choices": (question_with_choices, read_choices),
    "question-answer": (question_and_answer, read_question),
    "labelled-text": (text_and_label, read_labelled),
    "not-rows": (is_not_rows, lambda columns: None),
    "text": (has("text"), read_text),
    "dialogue": (dialogue_column, read_dialogue),
}


def at(row, path):
    if path in row:
        return row[path]
    value = row
    for part in path.split("."):
        value = unpacked(value)
        if isinstance(value, list):
            value = value[int(part)] if part.isdecimal() and int(part) < len(value) else None
        else:
            value = value.get(part) if isinstance(value, dict) else None
    return value


def read_mapped(row, mapping):
    columns = Row(row)
    columns.used = {path if path in row else path.split(".")[0] for path in mapping.values()}
    if "text" in mapping:
        text = at(row, mapping["text"])
        return ("text", text) if isinstance(text, str) and text else None
    prompt, completion = cell(at(row, mapping["prompt"])), cell(at(row, mapping["completion"]))
    if prompt is None or not completion:
        return None
    if mapping.get("system") is None:
        return judged(columns, ("pair", prompt, completion))
    system = cell(at(row, mapping["system"]))
    if system is None:
        return None
    turns = [turn("user", prompt), turn("assistant", completion, train=True)]
    return judged(columns, ("turns", [turn("system", system), *turns] if system else turns, None))


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
