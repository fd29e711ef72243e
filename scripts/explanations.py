"""Draw the pictures of the pages that explain, in docs/pictures/: `python scripts/explanations.py`.

Their numbers are the program's own answers, and for the search the example that docs/word-search.md works by hand. They
are 480 units wide, so that they can be read on a telephone. Draw them again when the English model changes.
"""

import argparse
from collections.abc import Callable, Iterable
from html import escape
from pathlib import Path

from wordgru import Layout, PersonalModel, Predictor, TypingModel

WIDTH = 480
INK, GREY, GREEN, ORANGE, LINE = "#222", "#6b6558", "#4f8a6d", "#b4530a", "#d9d4c7"


def text(
    x: float, y: float, words: str, size: float = 15, color: str = INK, anchor: str = "start", more: str = ""
) -> str:
    """A line of text; its spaces are kept."""
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" fill="{color}" text-anchor="{anchor}" '
        f'xml:space="preserve" {more}>{escape(words)}</text>'
    )


def box(x: float, y: float, width: float, height: float, fill: str, more: str = "") -> str:
    """A rectangle."""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{fill}" {more}/>'


def line(x: float, top: float, bottom: float) -> str:
    """A dashed line, upright."""
    return f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{bottom}" stroke="{INK}" stroke-dasharray="3 2"/>'


def svg(height: float, title: str, parts: Iterable[str]) -> str:
    """A picture on a light card, whatever the page's colours are."""
    card = box(0.5, 0.5, WIDTH - 1, height - 1, "#fbfaf7", 'rx="10" stroke="#d9d4c7"')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" role="img" '
        'font-family="system-ui, -apple-system, Segoe UI, Roboto, DejaVu Sans, sans-serif">\n'
        f"<title>{escape(title)}</title>\n" + "\n".join([card, *parts]) + "\n</svg>\n"
    )


def bars(x: float, y: float, rows: Iterable[tuple[str, float]], scale: float, color: str = GREEN) -> list[str]:
    """A line for each word: the word, a bar, the probability."""
    parts = []
    for at, (word, share) in enumerate(rows):
        top = y + 24 * at
        parts += [text(x, top + 13, word), box(x + 96, top + 1, max(share * scale, 1), 15, color, 'rx="2"')]
        parts += [text(x + 102 + share * scale, top + 13, f"{share:.1%}", 13, GREY)]
    return parts


ROWS = {
    "": {" cat": 0.30, " cup": 0.20, " c+": 0.10, " ca+": 0.25},
    " ca": {"r": 0.60, "t": 0.36, "a+": 0.04},
    " c": {"r": 0.10, "t": 0.10, "a+": 0.80},
    " c|a": {"r": 0.55, "t": 0.40, "a+": 0.05},
}
"""The example of docs/word-search.md: after these tokens, P(next token) of those that agree; open ones have a +."""


def search() -> str:
    """The example of docs/word-search.md, call by call: what is found of a word, and what it may still gain."""
    found: dict[str, float] = {}
    opened: dict[str, float] = {"": 1.0}  # the tokens, a | between them → mass
    parts = []
    for call, read in enumerate((("",), (" ca", " c"), (" c|a",))):
        for tokens in read:
            mass = opened.pop(tokens)
            for token, share in ROWS[tokens].items():
                spelled = f"{tokens}|{token}".lstrip("|")
                if token.endswith("+"):
                    opened[spelled[:-1]] = mass * share
                else:
                    word = spelled.replace("|", "")
                    found[word] = found.get(word, 0.0) + mass * share
        parts += _call(18 + 152 * call, call, found, opened, len(read))
    parts += [box(18, 250, 14, 14, GREEN), text(38, 262, "found", 14), box(110, 250, 14, 14, ORANGE, 'opacity="0.45"')]
    parts += [text(130, 262, "may still be gained", 14), line(284, 248, 266), text(292, 262, "limit: 0.2085", 14)]
    return svg(280, "The example of the search, call by call", parts)


def _call(x: float, call: int, found: dict[str, float], opened: dict[str, float], rows: int) -> list[str]:
    paths = {name.replace("|", ""): 0.0 for name in opened}
    for path in paths:
        paths[path] = sum(mass for name, mass in opened.items() if path.startswith(name.replace("|", "")))
    lines = [
        (word, mass, _missing(word, opened)) for word, mass in sorted(found.items(), key=lambda item: -item[1])[:3]
    ]
    lines.append(("others", 0.0, max(paths.values())))
    scale = 130 / 0.66
    parts = [text(x, 32, f"call {call + 1}: {rows} row{'s' * (rows > 1)}", 15, INK, more='font-weight="600"')]
    for at, (word, mass, missing) in enumerate(lines):
        y = 50 + 46 * at
        masses = f"{mass:.3f} + {missing:.3f}" if mass else f"at most {missing:.3f}"
        parts += [text(x, y + 12, word.strip(), 14), text(x + 136, y + 12, masses, 12, GREY, "end")]
        parts += [box(x, y + 18, mass * scale, 12, GREEN)]
        parts += [box(x + mass * scale, y + 18, missing * scale, 12, ORANGE, 'opacity="0.45"')]
    return [*parts, line(x + 0.2085 * scale, 44, 46 + 46 * len(lines))]


def _missing(word: str, opened: dict[str, float]) -> float:
    """The open masses whose bytes begin the word: it may still be spelled through them."""
    return sum(mass for name, mass in opened.items() if word.startswith(name.replace("|", "")))


def mixture() -> str:
    """The same question to the model, and with the words of somebody who wrote two messages."""
    asked, sent = "see you at the ", ("dinner at the boathouse tonight?", "I am at the boathouse now")
    predictor = Predictor.load(personal=PersonalModel())
    parts = [text(18, 32, f"{asked}…", 16, more='font-weight="600"'), text(18, 60, "the model", 14, GREY)]
    parts += bars(18, 70, [(each.word, each.probability) for each in predictor.suggest(asked, k=4)], 700)
    session = predictor.session()
    for message in sent:
        session.set(message)
        session.commit()
        session.reset()
    parts += [text(18, 192, f"after “{sent[1]}” and one message more", 14, GREY)]
    for at, each in enumerate(predictor.suggest(asked, k=4)):
        color = ORANGE if "personal" in each.sources else GREEN
        parts += bars(18, 202 + 24 * at, [(each.word, each.probability)], 700, color)
    return svg(310, "Personal words mixed into the model's", parts)


def typing() -> str:
    """Touch points on a keyboard, the nearest letters, and the words that were meant."""
    layout, points = Layout.load("phone"), [(4.4, 0.2), (7.6, 0.1), (6.9, 2.3), (8.3, 0.2)]
    model = TypingModel(layout="phone", spread=0.34)
    session = Predictor.load().session("see you ", typing=model)
    key, parts = 44.0, []
    for char, (x, y) in layout.keys.items():
        if char.isascii() and char.isalpha():
            parts += [box(20 + key * x, 20 + key * y, key - 4, key - 4, "#eeeae0", 'rx="6"')]
            parts += [text(18 + key * (x + 0.5), 46 + key * y, char, 17, INK, "middle")]
    for number, (x, y) in enumerate(points, start=1):
        session.touch(x, y)
        centre = f'cx="{18 + key * (x + 0.5):.1f}" cy="{40 + key * y:.1f}"'
        parts += [f'<circle {centre} r="{key * model.spread:.1f}" fill="{ORANGE}" opacity="0.35"/>']
        parts += [f'<circle {centre} r="9" fill="{ORANGE}"/>']
        parts += [text(18 + key * (x + 0.5), 44.5 + key * y, str(number), 12, "#fff", "middle")]
    parts += [text(20, 184, "nearest letters", 14, GREY), text(150, 184, session.text, 16)]
    parts += [text(20, 212, "probably meant", 14, GREY)]
    parts += bars(150, 199, [(each.word, each.probability) for each in session.suggest(k=3)], 170)
    return svg(280, "Four touches on a telephone's keyboard, and what was meant by them", parts)


def quantisation() -> str:
    """The first numbers of one token's embedding, as the graph computes with them."""
    import numpy as np
    import onnx
    from onnx import numpy_helper

    from wordgru.graph import read_weights

    predictor = Predictor.load()
    assert predictor.bundle
    model = onnx.load(predictor.bundle.model_path)
    scales = next(each for each in model.graph.initializer if each.name == "embedding_scale")
    token = list(predictor.tokenizer.token_bytes).index(b" cat")
    scale = float(numpy_helper.to_array(scales).reshape(-1)[token])
    weights = read_weights(model, predictor.bundle.config.model)["embedding.weight"][token]
    integers = np.rint(weights / scale).astype(int)
    shown, step, middle = integers[:44].tolist(), 9.4, 128.0
    parts = [text(18, 32, f"“ cat”: {len(integers)} integers and one scale", 16, more='font-weight="600"')]
    for at, value in enumerate(shown):
        height = abs(value) * 80 / 127
        parts.append(
            box(52 + step * at, middle - height * (value > 0), 7, max(height, 1), GREEN if value > 0 else ORANGE)
        )
    for level in (127, 0, -127):
        y = middle - level * 80 / 127
        parts += [text(44, y + 4, str(level), 12, GREY, "end"), box(48, y, 418, 1, LINE)]
    weights = ", ".join(f"{value} → {value * scale:.3f}" for value in shown[:2])
    parts += [text(18, 240, f"weight = integer × {scale:.5f}:  {weights}, …", 14)]
    parts += [text(18, 264, f"{len(integers) + 4:,} bytes in place of {4 * len(integers):,}", 14, GREY)]
    return svg(280, "A row of an int8 matrix", parts)


PICTURES: dict[str, Callable[[], str]] = {each.__name__: each for each in (search, mixture, typing, quantisation)}


def main() -> None:
    """Write the pictures into a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/pictures"))
    folder = parser.parse_args().output
    folder.mkdir(parents=True, exist_ok=True)
    for name, draw in PICTURES.items():
        (folder / f"{name}.svg").write_text(draw(), encoding="utf-8")


if __name__ == "__main__":
    main()
