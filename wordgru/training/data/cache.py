"""Where what is made of a text is kept, so that it is made once."""

import os
from pathlib import Path


def cache_root() -> Path:
    """WORDGRU_CACHE, else XDG_CACHE_HOME/wordgru, else ~/.cache/wordgru."""
    own, base = os.environ.get("WORDGRU_CACHE"), os.environ.get("XDG_CACHE_HOME")
    root = Path(own) if own else (Path(base) if base else Path.home() / ".cache") / "wordgru"
    return root.expanduser()
