"""Train a model: `python scripts/train.py TEXT -o RUN`; on several GPUs `torchrun --nproc-per-node=N scripts/train.py`.

The same as `wordgru train`.
"""

import sys

from wordgru.cli import run
from wordgru.cli.train import train_command

if __name__ == "__main__":
    sys.exit(run(train_command))
