"""Draw the moving picture of README.md: a text typed with the English model's offers, as an animated SVG.

    python scripts/picture.py                      # writes docs/suggest.svg
    python scripts/picture.py --text "Thank you"   # another text

Every word and probability in it is the program's own answer. The typist takes a word as soon as it is offered.
"""

from dataclasses import dataclass
from html import escape
from pathlib import Path

import click

from wordgru import Predictor, Session, Suggestion
from wordgru.cli import run

TEXT = "I will be there in a minute. Thank you for your help with the kitchen!"
WIDTH, HEIGHT, CHIP, MARGIN = 720, 148, 216, 20
TICK = 0.25  # seconds
STYLE = """
svg{font-family:ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace}
.card{fill:#fbfaf7;stroke:#d9d4c7}.typed{font-size:19px;fill:#222;white-space:pre}.chip{fill:#eeeae0}
.word{font-size:16px;fill:#222}.share,.count{font-size:12px;fill:#6b6558}.bar{fill:#4f8a6d}.taken{fill:#cfe3d6}
.frame{opacity:0}
"""


@dataclass(frozen=True)
class Frame:
    """What stands on the screen for a while: the text, the offers, the one taken, keystrokes so far, time in ticks."""

    text: str
    offers: tuple[Suggestion, ...]
    taken: int | None
    keys: int
    ticks: int


def frames(session: Session, text: str) -> list[Frame]:
    """Type `text` as somebody who takes each word as soon as it is among three offers; a space comes with it."""
    found: list[Frame] = []
    keys = 0
    while len(session.text) < len(text):
        offers = tuple(session.suggest(k=3))
        rest = text[len(session.text) :]
        takes = _taken(session.text, rest, offers)
        found.append(Frame(session.text, offers, takes[0] if takes else None, keys, 4 if takes else 1))
        session.append(takes[1] if takes else rest[0])
        keys += 1
    found.append(Frame(session.text, (), None, keys, 12))
    return found


def _taken(text: str, rest: str, offers: tuple[Suggestion, ...]) -> tuple[int, str] | None:
    """The place of the offer that the typist takes, and the letters that it adds."""
    begun = "" if text.endswith(" ") or not text else text.split(" ")[-1]
    for place, offer in enumerate(offers):
        added = offer.word.removeprefix(begun)
        after = rest[len(added) :]
        if offer.word.startswith(begun) and len(added) > 1 and rest.startswith(added) and not after[:1].isalnum():
            return place, added + (" " if after.startswith(" ") else "")
    return None


def svg(found: list[Frame]) -> str:
    """The frames, one after the other, for ever; without motion, where that is asked for, the last."""
    ticks = sum(frame.ticks for frame in found)
    lines = [f"@keyframes t{n}{{0%{{opacity:1}}{100 * n / ticks:.3f}%{{opacity:0}}}}" for n in (1, 4, 12)]
    lines += [f".t{n}{{animation:t{n} {ticks * TICK:.2f}s step-end infinite}}" for n in (1, 4, 12)]
    still = "@media(prefers-reduced-motion:reduce){.frame{animation:none}.t12{opacity:1}}"
    title = "A text typed letter by letter; three words are offered after each, and taken."
    parts, time = [], 0
    for frame in found:
        delay = f"{time * TICK:.2f}s"
        parts.append(f'<g class="frame t{frame.ticks}" style="animation-delay:{delay}">{_frame(frame)}</g>')
        time += frame.ticks
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title}">\n'
        f"<style>{STYLE}{''.join(lines)}{still}</style>\n"
        f'<rect class="card" x=".5" y=".5" width="{WIDTH - 1}" height="{HEIGHT - 1}" rx="10"/>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _frame(frame: Frame) -> str:
    line, sentences = frame.text, frame.text.split(". ")
    if len(sentences) > 1 and frame.ticks != 12:
        line = sentences[-1]  # one sentence in the line, as a small screen has it
    caret = "" if frame.ticks == 12 else "▏"
    size = ' style="font-size:15px"' if frame.ticks == 12 else ""
    drawn = [f'<text class="typed" x="{MARGIN}" y="42"{size}>{escape(line)}{caret}</text>']
    for place, offer in enumerate(frame.offers):
        x = MARGIN + place * (CHIP + 16)
        shade = "chip taken" if place == frame.taken else "chip"
        width = f"{offer.probability * (CHIP - 24):.1f}"
        drawn += [
            f'<rect class="{shade}" x="{x}" y="64" width="{CHIP}" height="48" rx="8"/>',
            f'<text class="word" x="{x + 12}" y="86">{escape(offer.word)}</text>',
            f'<text class="share" x="{x + CHIP - 12}" y="86" text-anchor="end">{offer.probability:.1%}</text>',
            f'<rect class="bar" x="{x + 12}" y="96" width="{width}" height="6" rx="3"/>',
        ]
    count = f"keystrokes {frame.keys}, characters {len(frame.text)}"
    if frame.ticks == 12:
        count += f": {1 - frame.keys / len(frame.text):.0%} saved"
    drawn.append(f'<text class="count" x="{MARGIN}" y="134">{count}</text>')
    return "".join(drawn)


@click.command()
@click.option("--text", default=TEXT, help="What is typed.")
@click.option("-o", "--output", default="docs/suggest.svg", type=click.Path(path_type=Path), show_default=True)
def main(text: str, output: Path) -> None:
    """Draw a text typed with offers, as a moving picture (SVG)."""
    found = frames(Predictor.load("en").session(), text)
    output.write_text(svg(found), encoding="utf-8")
    last = found[-1]
    click.echo(f"{output}: {last.keys} keystrokes for {len(last.text)} characters, {len(found)} frames")


if __name__ == "__main__":
    raise SystemExit(run(main))
