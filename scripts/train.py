"""Train a model: `python scripts/train.py TEXT -o RUN`; on N GPUs `torchrun --nproc-per-node=N scripts/train.py …`.

The same as `wordgru train`.
"""

import sys

from wordgru.errors import WordgruError
from wordgru.training.command import train_command


def main() -> None:
    """Run the command; an error that the user can mend is one line."""
    try:
        train_command(prog_name="train.py")
    except WordgruError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
