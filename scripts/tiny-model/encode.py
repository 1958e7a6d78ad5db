"""Encodes corpus files for train.py. Usage: python encode.py TOKENIZER.json OUT.npz CORPUS.jsonl..."""
import json
import sys

import numpy as np
from tokenizers import Tokenizer

from chat import encode_rows


def main(tokenizer_file, out, paths):
    tokenizer = Tokenizer.from_file(tokenizer_file)
    rows = []
    for path in paths:
        with open(path, encoding="utf-8") as file:
            rows += [json.loads(line) for line in file]
    ids, weights, lengths = encode_rows(tokenizer, rows)
    np.savez(out, ids=ids, weights=weights, lengths=lengths)
    print(f"rows {len(lengths)} tokens {len(ids)} mean {lengths.mean():.1f} longest {lengths.max()}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
