"""The chat format of the tiny model, in one place: template, special tokens and the encoding of training rows."""
import numpy as np

PAD, START, END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
SPECIAL = [PAD, START, END]  # ids 0, 1, 2
OTHER_WEIGHT = 0.1  # loss weight of everything that is not an assistant's answer

TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)


def pieces(row):
    """Splits a row into (text, weight) pairs. A row is {"messages": [...]} or {"text": ...}."""
    if "text" in row:
        return [(row["text"] + PAD, 0.5)]
    out = []
    for message in row["messages"]:
        role, content = message["role"], message["content"]
        out.append((f"{START}{role}\n", OTHER_WEIGHT))
        out.append((f"{content}{END}", 1.0 if role == "assistant" else OTHER_WEIGHT))
        out.append(("\n", OTHER_WEIGHT))
    return out


def encode_rows(tokenizer, rows, limit=512):
    """Encodes rows with a `tokenizers.Tokenizer`. Returns flat ids, flat weights and the length of each row.

    The pieces are encoded apart: each border lies beside a special token, so this equals encoding the whole text,
    except for a content that begins with white space (the corpus has none).
    """
    parts = [pieces(row) for row in rows]
    codes = iter(tokenizer.encode_batch([text for row in parts for text, _ in row], add_special_tokens=False))
    ids, weights, lengths = [], [], []
    for row in parts:
        row_ids, row_weights = [], []
        for _, weight in row:
            code = next(codes).ids
            row_ids += code
            row_weights += [weight] * len(code)
        ids += row_ids[:limit]
        weights += row_weights[:limit]
        lengths.append(min(limit, len(row_ids)))
    return np.array(ids, np.uint16), np.array(weights, np.float16), np.array(lengths, np.int32)
