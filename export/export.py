"""Turn a training run into a bundle: `python export/export.py RUN -o BUNDLE --precision fp32|int8`.

The same as `wordgru export`.
"""

import sys

from wordgru.cli import run
from wordgru.cli.export import export_command

if __name__ == "__main__":
    sys.exit(run(export_command))
