"""Logits of a prompt by mlx-lm with our adapter, beside ours: one JSON object with the error, and that of the base."""

import argparse
import json
import pathlib

import mlx.core as mx
import numpy as np
from mlx_lm.utils import load_adapters, load_model


def logits(model, ids):
    # As we compute, whatever type the file has.
    model.set_dtype(mx.float32)
    return np.array(model(mx.array([ids]))[0, -1].astype(mx.float32))


def error(ours, theirs):
    return float(np.abs(ours - theirs).max() / max(1.0, np.abs(theirs).max()))


def main():
    parser = argparse.ArgumentParser()
    for name in ("base", "adapter", "merged", "logits"):
        parser.add_argument(f"--{name}", required=True)
    args = parser.parse_args()
    mx.set_default_device(mx.cpu)
    written = json.loads(pathlib.Path(args.logits).read_text())
    ours, ids = np.array(written["logits"], dtype=np.float32), written["input_ids"]
    base, _ = load_model(pathlib.Path(args.base))
    without = logits(base, ids)
    adapted = logits(load_adapters(base, args.adapter), ids)
    merged, _ = load_model(pathlib.Path(args.merged))
    print(
        json.dumps(
            {
                "mlx_error": error(ours, adapted),
                "mlx_merged_error": error(ours, logits(merged, ids)),
                "mlx_base_error": error(ours, without),
            }
        )
    )


if __name__ == "__main__":
    main()
