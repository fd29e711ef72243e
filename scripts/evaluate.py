"""Measure what a typist gains on a text: `python scripts/evaluate.py TEXT -m BUNDLE`.

The same as `wordgru evaluate`.
"""

import sys

from wordgru.cli import run
from wordgru.cli.evaluate import evaluate_command

if __name__ == "__main__":
    sys.exit(run(evaluate_command))
