"""Runs the Python lines of a download's model card, as they stand, in its folder."""

import os
import pathlib
import re
import sys

folder = pathlib.Path(sys.argv[1])
blocks = re.findall(r"```python\n(.*?)```", (folder / "README.md").read_text(), re.S)
if not blocks:
    sys.exit("the card has no Python lines")
os.chdir(folder)
for block in blocks:
    exec(compile(block, "README.md", "exec"), {})
