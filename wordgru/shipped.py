"""The models in the package: which there are, and what their cards say of them.

Every folder of `wordgru/models` that holds a bundle is one, and its name is the folder's: `Predictor.load("en")`.
"""

import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from wordgru.bundle import Bundle, is_bundle, open_bundle

MODELS: Path = Path(__file__).parent / "models"

DEFAULT: str = "en"
"""The model that answers where none is named."""


def shipped_models() -> dict[str, Path]:
    """Folder of each model in the package, by its name; the default first."""
    if not MODELS.is_dir():
        return {}
    names = sorted(
        (path.name for path in MODELS.iterdir() if is_bundle(path)), key=lambda name: (name != DEFAULT, name)
    )
    return {name: MODELS / name for name in names}


@dataclass(frozen=True)
class ModelFacts:
    """What is told of a model; None where neither its card nor its config says it.

    Attributes:
        name: by which it is loaded.
        language: codes of its languages, as the card has them, with commas; of a model in the package else its name.
        bytes: size of the files that an app needs.
        licence: of its weights, as the Hub spells it ("cc-by-sa-4.0").
        precision: "fp32", "int8" or "int4".
        hit_3: percent of the words that are among three offers before their first letter, on the card's test text.
        savings_3: percent of the keystrokes that three offers save, likewise.
        perplexity: per word, on held-out text.
    """

    name: str
    language: str | None
    bytes: int
    licence: str | None
    precision: str
    hit_3: float | None
    savings_3: float | None
    perplexity: float | None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)


def facts(bundle: Bundle, name: str) -> ModelFacts:
    """What the card and the config of a bundle say of it."""
    card = bundle.card()
    front = front_matter(card)
    quality = bundle.config.quality
    gains = _gains(card)
    perplexity = quality.get("perplexity_per_word")
    return ModelFacts(
        name=name,
        language=", ".join(front.get("language", [])) or (name if name in shipped_models() else None),
        bytes=bundle.size,
        licence=next(iter(front.get("license", [])), None),
        precision=bundle.config.precision,
        hit_3=gains.get("hit@3"),
        savings_3=gains.get("keystroke savings, 3 offers"),
        perplexity=float(perplexity) if isinstance(perplexity, int | float) else None,
    )


def shipped_facts() -> list[ModelFacts]:
    """The facts of every model in the package.

    Raises:
        BundleError: one of them is broken.
    """
    return [facts(open_bundle(folder), name) for name, folder in shipped_models().items()]


def split_card(card: str) -> tuple[str, str]:
    """A card's front matter, of which the Hub reads its metadata, and its Markdown; of a card without, "" and all."""
    head = re.match(r"---\n(.*?\n)---\n", card, re.DOTALL)
    return (head[1], card[head.end() :]) if head else ("", card)


def front_matter(card: str) -> dict[str, list[str]]:
    """The values of a card's front matter: single ones and plain lists."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in split_card(card)[0].splitlines():
        if entry := re.fullmatch(r"\s*- (.+)", line):
            found.setdefault(name, []).append(entry[1].strip("\"' "))
        elif pair := re.fullmatch(r"([\w-]+):\s*(.*)", line):
            name = pair[1]
            if value := pair[2].strip("\"' "):
                found[name] = [value]
    return found


def _gains(card: str) -> dict[str, float]:
    """The row "this model" of the card's table of what a typist gains, in percent, by the heading of the column."""
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in card.splitlines() if "|" in line]
    heading: list[str] = []
    for row in rows:
        if "hit@3" in row:
            heading = row
        elif heading and row[0].startswith("this model"):
            pairs = zip(heading[1:], row[1:], strict=False)
            return {name: float(number[0]) for name, cell in pairs if (number := re.match(r"\d+(\.\d+)?", cell))}
    return {}
