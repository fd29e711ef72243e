"""Random texts: plain words, every script, marks that show nothing, halves of things, controls."""

import random
from random import Random

PLAIN = [
    "the",
    "cat",
    "sat",
    "on",
    "mat",
    "and",
    "then",
    "it",
    "ran",
    "away",
    "from",
    "home",
    "to",
    "see",
    "some",
    "butter",
    "I",
    "don't",
    "well-known",
    "today",
]
_PARTS = (
    "abcdefghijklmnopqrstuvwxyz", "THE CAT I", "'’‘-–—·\"“”„.,;:!?()[]{}", "0123456789", " \n\t",
    "\r\u00a0\u2028\u0085\u3000", "éàüßñçøłİıſŉǰ\ufb01", "\u0301\u0308\u0327\u093e\u0e31\u20dd",
    "שלום\u05f4\u05f3", "سلام\u200c\u200d", "नमस्ते", "안녕ㅎㅏㄴ\u1112\u1161\u11ab", "日本語です々〇", "ไทยລາວខ្មែရ",
    "😀👩🏽🇩🇪👍\u200d\ufe0f\U000e0067", "\u200b\u200e\u200f\u202e\ufeff\u00ad\u2060\u180e", "\0\x01\x1b\x7f\x9f",
    "\ue000\uffff\U0010ffff\ufffd", "@/\\_#<>=+*|~`$%^&", "ΑΒγσςΣПривет",
)  # fmt: skip


def word(rng: Random) -> str:
    """A word, or what looks like one."""
    if rng.random() < 0.6:
        return rng.choice(PLAIN)
    return "".join(rng.choices(rng.choice(_PARTS), k=rng.randint(1, 8)))


def text(rng: Random, most: int = 12, *, half: float = 0.01) -> str:
    """Up to so many words; seldom with half a character (a lone surrogate), or any characters at all."""
    kind = rng.random()
    if kind < half:
        return "the \ud800" + word(rng)
    if kind < 0.1:
        return "".join(chr(rng.choice((rng.randrange(0xD800), rng.randrange(0xE000, 0x110000)))) for _ in range(most))
    if kind < 0.15:
        return "".join(rng.choice(rng.choice(_PARTS)) for _ in range(rng.randint(0, 3 * most)))
    if kind < 0.17:
        return word(rng) * rng.randint(1, 200 // most + 20)
    return rng.choice((" ", "", " ")).join(word(rng) + rng.choice(("", "", " ")) for _ in range(rng.randint(0, most)))


def number(rng: Random) -> object:
    """A number, mostly one that fits."""
    return rng.choice((1, 2, 3, 3, 3, 5, 20, 0, -1, 2.5, float("nan"), float("inf"), 10**30, True, None, "3"))


def data(rng: Random, most: int = 400) -> bytes:
    """The bytes of a file: text in some encoding, or anything."""
    if rng.random() < 0.15:
        return rng.randbytes(rng.randint(0, most))
    whole = "\n".join(text(rng, half=0) for _ in range(rng.randint(0, 6)))
    coded = whole.encode(rng.choice(("utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "latin-1")), "replace")
    return coded.replace(b"\n", b"\r\n") if rng.random() < 0.2 else coded


def broken(content: bytes, rng: Random) -> bytes:
    """A file with a bit turned, cut, or with bytes swapped, repeated, put in or left out."""
    if not content:
        return b"\0"
    changed, at = bytearray(content), rng.randrange(len(content))
    width = min(rng.choice((1, 2, 4, 16, 256)), len(content) - at)
    how = rng.randrange(7)
    if how == 0:
        changed[at] ^= 1 << rng.randrange(8)
    elif how == 1:
        del changed[at:]
    elif how == 2:
        other = rng.randrange(len(content) - width + 1)
        changed[at : at + width], changed[other : other + width] = (
            content[other : other + width],
            content[at : at + width],
        )
    elif how == 3:
        changed[at:at] = content[at : at + width]
    elif how == 4:
        changed[at:at] = rng.choice((b"\0", b"\xff", b'"', b"[" * 2000, b"9" * 30))
    elif how == 5:
        del changed[at : at + width]
    else:
        for _ in range(rng.randint(1, 8)):
            changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def seeded(seed: int | str) -> Random:
    """A source of random numbers."""
    return random.Random(f"torture {seed}")
