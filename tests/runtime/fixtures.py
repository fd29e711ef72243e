"""The tiny bundles that the tests read, and toy vocabularies."""

from pathlib import Path

TINY = Path(__file__).parent / "tiny"
TINY_INT8 = Path(__file__).parent / "tiny-int8"
