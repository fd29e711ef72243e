"""Turn a training run into a bundle: `python export/export.py RUN -o BUNDLE --precision fp32|int8`."""

import sys

from wordgru.errors import WordgruError
from wordgru.training.export_command import export_command

if __name__ == "__main__":
    try:
        export_command()
    except WordgruError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
