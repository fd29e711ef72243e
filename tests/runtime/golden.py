"""Reading the golden vectors: when an answer is right, and how to break a bundle. `export/golden/README.md` says it."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
NAMES = ("tiny", "tiny-int8", "unspaced", "en")


def vectors(name: str) -> dict[str, Any]:
    return json.loads((ROOT / "export" / "golden" / f"{name}.json").read_text(encoding="utf-8"))


def near(found: float, expected: float, compare: dict[str, float], tolerance: float = 0.0) -> bool:
    return abs(found - expected) <= compare["absolute"] + compare["relative"] * expected + tolerance


def faults(
    case: dict[str, Any], found: Sequence[tuple[str, float]], exact: bool, compare: dict[str, float]
) -> list[str]:
    """What is wrong with an answer."""
    wrong = [] if exact == case["exact"] else [f"exact is {exact}"]
    words, tolerance = case.get("words", []), case.get("tolerance", 0.0)
    if len(found) < case.get("count", 0):
        wrong.append("too few come")
    possible = {item["word"]: item["probability"] for item in [*words, *case.get("near", [])]}
    if len({word for word, _ in found}) < len(found) or len(found) < len(words):
        wrong.append("a word comes twice, or too few come")
    for (word, probability), item in zip(found, words, strict=False):
        if word not in possible or not near(probability, possible[word], compare, tolerance):
            wrong.append(f"{word!r} {probability}: {possible.get(word)} expected")
        if not near(probability, item["probability"], compare, tolerance):
            wrong.append(f"{word!r} {probability}: in the place of {item}")
    return wrong


def edit(folder: Path, edits: list[dict[str, Any]]) -> None:
    """Break a copy of a bundle."""
    for step in edits:
        path = folder / step.get("file", "config.json")
        match step["edit"]:
            case "remove_folder":
                for file in folder.iterdir():
                    file.unlink()
                folder.rmdir()
            case "remove":
                path.unlink()
            case "write":
                path.write_bytes(step["text"].encode())
            case "append":
                path.write_bytes(path.read_bytes() + step["text"].encode())
            case "drop_end":
                path.write_bytes(path.read_bytes()[: -step["bytes"]])
            case "rehash":
                names = [name for name in ("tokenizer.json", "model.onnx", "blocked.txt") if (folder / name).exists()]
                hashes = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}
                _set(path, ["files"], hashes)
            case "set":
                _set(path, step["key"], step["value"])
            case "unset":
                _set(path, step["key"])
            case other:
                raise ValueError(other)


def _set(path: Path, key: list[str], *value: Any) -> None:
    config = json.loads(path.read_text(encoding="utf-8"))
    inside = config
    for name in key[:-1]:
        inside = inside[name]
    inside.pop(key[-1], None)
    if value:
        inside[key[-1]] = value[0]
    path.write_text(json.dumps(config), encoding="utf-8")
