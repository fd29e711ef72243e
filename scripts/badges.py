"""Draw the badges of README.md from pyproject.toml: what they say is what the package says of itself.

python scripts/badges.py  # writes docs/badges.svg
"""

import tomllib
from html import escape
from pathlib import Path

import click

ROOT = Path(__file__).parents[1]
HEIGHT, GAP, PAD, LETTER = 20, 6, 6, 6.6  # LETTER: of the widest of the fonts named below, at 11 px
STYLE = 'text{font:11px Verdana,"DejaVu Sans",sans-serif}'


def badges() -> list[tuple[str, str]]:
    """What each says: a name and a value."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project, tool = settings["project"], settings["tool"]
    return [
        ("python", project["requires-python"].replace(">=", "≥ ")),
        ("code", project["license"].split(" AND ")[0]),
        ("types", "mypy --strict" if tool["mypy"]["strict"] else "mypy"),
    ]


def drawn(every: list[tuple[str, str]]) -> str:
    """The badges side by side, as an SVG."""
    left, parts = 0, []
    for name, value in every:
        first, second = (round(2 * PAD + LETTER * len(each)) for each in (name, value))
        parts.append(
            f'<rect x="{left}" width="{first}" height="{HEIGHT}" fill="#4a4a4a"/>'
            f'<rect x="{left + first}" width="{second}" height="{HEIGHT}" fill="#2f6b4f"/>'
            f'<text x="{left + PAD}" y="14" fill="#fff">{escape(name)}</text>'
            f'<text x="{left + first + PAD}" y="14" fill="#fff">{escape(value)}</text>'
        )
        left += first + second + GAP
    title = "; ".join(f"{name}: {value}" for name, value in every)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left - GAP}" height="{HEIGHT}" role="img">'
        f"<title>{escape(title)}</title><style>{STYLE}</style>{''.join(parts)}</svg>\n"
    )


@click.command()
@click.option(
    "-o", "output", type=click.Path(path_type=Path), default=ROOT / "docs" / "badges.svg", help="The picture."
)
def main(output: Path) -> None:
    """Draw the badges."""
    output.write_text(drawn(badges()), encoding="utf-8")


if __name__ == "__main__":
    main()
