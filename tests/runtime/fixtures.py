"""The bundles that the tests read."""

from pathlib import Path

TINY = Path(__file__).parent / "tiny"
TINY_INT8 = Path(__file__).parent / "tiny-int8"
