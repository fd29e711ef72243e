"""The table of what each language and place can do is what the tests prove."""

import importlib.util
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "scripts" / "parity.py"


def _parity():
    spec = importlib.util.spec_from_file_location("parity", SCRIPT)
    sys.modules["parity"] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_each_mark_of_the_table_has_a_test_that_is_there():
    assert not _parity().lost()


def test_the_table_in_the_page_is_the_one_that_the_script_writes():
    parity = _parity()
    page = parity.PAGE.read_text(encoding="utf-8")
    assert parity.with_table(page) == page, "run python scripts/parity.py"
