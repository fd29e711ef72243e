"""What the base install cannot run is marked `extras`, so that the full one, which repeats nothing else, runs it."""

import ast
from pathlib import Path


def test_what_is_skipped_without_an_extra_is_marked() -> None:
    skips = 0
    for file in sorted(Path(__file__).parent.glob("test_*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        module = "".join(ast.unparse(node) for node in tree.body if isinstance(node, ast.Assign))
        for part in tree.body:
            text = ast.unparse(part)
            if "importorskip(" not in text or "'tests.runtime" in text or file == Path(__file__):
                continue
            skips += 1
            marks = module + "".join(ast.unparse(each) for each in getattr(part, "decorator_list", []))
            assert "pytest.mark.extras" in marks, f"{file.name}:{part.lineno}"
    assert skips > 1
