"""What the golden vectors ask: texts, searches, sessions, and what must be refused. Answers are in `golden.py`."""

from typing import Any

from wordgru.bundle import BundleConfig
from wordgru.text.tokenizer import Tokenizer

Json = dict[str, Any]

TEXTS = [
    "",
    " ",
    "a",
    "the cat",
    "the cat ",
    "the  cat  ",
    "The quick brown fox; it's well-known, isn't it?",
    "two\nlines",
    "blank\n\nline\n",
    "tab\tand\r\nreturn",
    "L’été à la plage, c'est l'œuvre d'Ångström",
    "Das Café ist größer",
    "Привет, как дела",
    "今天天气很好",
    "日本語のテキスト and English",
    "ภาษาไทยง่าย",
    "한국어 문장",
    "مرحبا بالعالم",
    "हिन्दी में",
    "emoji 😀👩‍👩‍👧 here",
    "3.14 and 42nd, 1,000",
    "cafe\u0301 nai\u0308ve",
    "<|end|> <|end_of_text|> [MASK] </s>",
    "<|end_of_text|>",
    "rock-'n'-roll -- don''t",
    "well-",
    "don't",
    "don'",
    "'quoted'",
    "a_b c/d e.f@g.h #tag",
    "nb\u00a0sp\u200bzw",
    "\ufeffbom \u0000nul",
    "ĠĊ 'Ġ",
    "the boys' room, the boys'll",
    "می‌خواهم بروم",
    'צה"ל, צה״ל, "צה"',
    "👍🏽👍 🇩🇪🇫🇷🇩 1️⃣ ❤️ 🏴\U000e0067\U000e0062\U000e007f ©",
    "\u200fa\u200bb\u2060c\u00add\u202ee",
    "\u202fnarrow\u202f: “curly” ‘marks’ „low” non‑breaking",
    "Ⅷ ² ½ İstanbul STRASSE ﬁ \u0301a \u0301",
    "\u3005中\u3007 東京Tokyo東京 ไทยEnglish မြန်မာ ខ្មែរ བོད་ ລາວ",
    " \n \n\n  \t x",
    "a\u2028b\u0085c\u000bd\u3000e",
    "col·lecció - – — …",
    "\U0001d400\U00020000\U000f0000",
    "안녕하ㅅ",
    "x" * 50,
]

SUGGEST: list[Json] = [
    {"context": ""},
    {"context": "", "k": 1},
    {"context": " "},
    {"context": "the cat"},
    {"context": "the cat "},
    {"context": "the cat  "},
    {"context": "the", "prefix": "c"},
    {"context": "the ", "prefix": "ca"},
    {"context": "the", "prefix": "C"},
    {"context": "the", "prefix": "C", "ignore_case": True},
    {"context": "the", "prefix": "CA", "ignore_case": True},
    {"context": "He was", "prefix": "wasn'", "k": 1},
    {"context": "He", "prefix": "wasn't", "k": 1},
    {"context": "The", "prefix": "well-"},
    {"context": "The", "prefix": "well-k", "k": 1},
    {"context": "The well-"},
    {"context": "The well-", "prefix": "k", "k": 1},
    {"context": "The WELL-", "prefix": "K", "ignore_case": True, "k": 1},
    {"context": 'She said, "'},
    {"context": "She said, “"},
    {"context": "“He", "prefix": "wasn’", "k": 1},
    {"context": "‘It’s", "prefix": "wasn'", "k": 1},
    {"context": "It's", "prefix": "wasn’t", "k": 1},
    {"context": "It\u00a0is\u202fwhat it\u00a0"},
    {"context": "(see"},
    {"context": "It is what it is. "},
    {"context": "one line\nand"},
    {"context": "one line\n"},
    {"context": "L’été est"},
    {"context": "Das Café ist am", "prefix": "ge", "k": 1},
    {"context": "Das", "prefix": "Café"},
    {"context": "Das", "prefix": "Cafe\u0301"},
    {"context": "nai\u0308ve"},
    {"context": "Привет, как"},
    {"context": "今日は良い"},
    {"context": "今日は", "prefix": "良"},
    {"context": "我是", "prefix": "学"},
    {"context": "他说今天不下雨，"},
    {"context": "今", "prefix": "天"},
    {"context": "Tokyo", "prefix": "今"},
    {"context": "The ", "prefix": "学"},
    {"context": "ภาษาไทย"},
    {"context": "วัน"},
    {"context": "นัก", "prefix": "เรี"},
    {"context": "I ♥ 😀"},
    {"context": "I ♥", "prefix": "na"},
    {"context": "leaves at 7 in the"},
    {"context": "in", "prefix": "19"},
    {"context": "end <|end_of_text|>"},
    {"context": "<|end|> the"},
    {"context": "a\tb\r\nc"},
    {"context": "A good tool does one thing well. " * 12 + "A good"},
    {"context": "the", "prefix": "Д"},
    {"context": "I love the", "prefix": "anda", "k": 3},
    {"context": "Run", "prefix": "update-gr", "k": 2},
    {"context": "the", "prefix": "cA", "ignore_case": True, "k": 3},
    {"context": "", "prefix": "t", "ignore_case": True, "k": 10},
    {"context": "the cat", "punctuation": True},
    {"context": "the cat ", "punctuation": True},
    {"context": "the cat is hot", "punctuation": True, "k": 3},
    {"context": "the", "prefix": "c", "punctuation": True},
    {"context": "今日は", "punctuation": True},
    {"context": "the dog", "k": 20},
    {"context": "the cat", "tolerance": 0.02, "k": 3},
    {"context": "the", "prefix": "c", "tolerance": 0.02, "k": 3},
    {"context": "the", "prefix": "w", "tolerance": 0.0, "k": 3},
    {"context": "the cat", "max_rows": 1},
    {"context": "the", "prefix": "c", "max_rows": 2, "k": 3},
    {"context": "the", "prefix": "c", "max_rows": 2, "k": 3, "ignore_case": True},
    {"context": "今日は", "max_rows": 1, "k": 3},
]

COMPLETE: list[Json] = [
    {"text": ""},
    {"text": "the ca"},
    {"text": "the cat"},
    {"text": "the "},
    {"text": "The Ca", "ignore_case": True},
    {"text": "There'", "k": 1},
    {"text": "There's", "k": 1},
    {"text": "There’", "k": 1},
    {"text": "the\u00a0ca"},
    {"text": "It’s “there'", "ignore_case": True, "k": 1},
    {"text": "a well-"},
    {"text": "the cat,"},
    {"text": 'said "th'},
    {"text": "Am Sonntag, das Caf"},
    {"text": "L'e\u0301"},
    {"text": "今日は"},
    {"text": "In 今"},
    {"text": "我和朋友看书。我"},
    {"text": "line one\nand th", "k": 3},
    {"text": "😀 th"},
    {"text": "the cat", "punctuation": True},
    {"text": "the cat,", "punctuation": True},
    {"text": "the ca", "punctuation": True},
    {"text": "naï", "k": 1},
    {"text": "nai"},
    {"text": "the girls'"},
    {"text": "aaaa", "k": 3, "max_rows": 16},
    {"text": "the\u200b ca"},
]

PAGE = "cafe\u0301 cafe\u0301 the old man had put the kettle on and then he said to the ".replace(" ", "\u00a0")

SESSIONS: list[Json] = [
    {
        "name": "typing letter by letter",
        "steps": [step for letter in "the cat" for step in ({"do": "append", "text": letter}, {"do": "suggest"})],
    },
    {
        "name": "backspace into a word and on",
        "steps": [
            {"do": "append", "text": "the dog ran"},
            {"do": "suggest"},
            {"do": "delete", "count": 2},
            {"do": "suggest"},
            {"do": "delete", "count": 2},
            {"do": "suggest"},
            {"do": "delete", "count": 100},
            {"do": "suggest"},
        ],
    },
    {
        "name": "a character is a code point",
        "steps": [
            {"do": "append", "text": "I ♥ 😀😀 the"},
            {"do": "delete", "count": 5},
            {"do": "suggest"},
            {"do": "append", "text": " cafe\u0301"},
            {"do": "suggest"},
            {"do": "delete", "count": 1},
            {"do": "suggest"},
        ],
    },
    {
        "name": "the cursor moves back, an edit in the middle, a paste",
        "steps": [
            {"do": "set", "text": "The old man had put the kettle on. "},
            {"do": "suggest"},
            {"do": "set", "text": "The old man"},
            {"do": "suggest", "prefix": ""},
            {"do": "set", "text": "The new man had put the ke"},
            {"do": "suggest", "k": 5},
            {"do": "set", "text": "The train to the city leaves at 7. " * 20 + "Most of the p"},
            {"do": "suggest"},
            {"do": "set", "text": ""},
            {"do": "suggest", "prefix": "th"},
        ],
    },
    {
        "name": "quotation marks of a telephone",
        "steps": [
            {"do": "append", "text": "“I don’t know,” said"},
            {"do": "suggest", "prefix": ""},
            {"do": "append", "text": " the cat’"},
            {"do": "suggest", "k": 1},
            {"do": "delete", "count": 1},
            {"do": "append", "text": "'"},
            {"do": "suggest", "k": 1},
            {"do": "set", "text": '"I don\'t know," said the cat’'},
            {"do": "suggest", "k": 1},
        ],
    },
    {
        "name": "a script without spaces",
        "steps": [
            {"do": "append", "text": "今天天"},
            {"do": "suggest"},
            {"do": "append", "text": "气"},
            {"do": "suggest"},
            {"do": "delete", "count": 2},
            {"do": "suggest"},
            {"do": "suggest", "prefix": "天"},
            {"do": "append", "text": "年，在"},
            {"do": "suggest"},
        ],
    },
    {
        "name": "a paste of which only the end is read, and its first words deleted",
        "steps": [
            {"do": "set", "text": "The train to the city leaves at 7 in the morning. " * 120 + "The cat"},
            {"do": "suggest", "prefix": ""},
            {"do": "append", "text": " in th"},
            {"do": "suggest"},
            {"do": "set", "text": "The train to the city leaves at 7 in the morning. " * 119 + "The cat"},
            {"do": "suggest", "prefix": ""},
            {"do": "set", "text": "ab " * 1700 + "the"},
            {"do": "suggest", "prefix": ""},
        ],
    },
    {
        "name": "spaces of a page and accents apart, and then a space",
        "steps": [
            {"do": "set", "text": PAGE * 2 + "c"},
            {"do": "suggest"},
            {"do": "append", "text": "at sat on the m"},
            {"do": "suggest"},
        ],
    },
    {
        "name": "marks are offered",
        "steps": [
            {"do": "append", "text": "Why do cats like boxes"},
            {"do": "suggest", "punctuation": True},
            {"do": "append", "text": "?"},
            {"do": "suggest", "punctuation": True},
            {"do": "suggest"},
            {"do": "append", "text": " No"},
            {"do": "suggest", "punctuation": True, "ignore_case": True},
        ],
    },
    {
        "name": "several lines",
        "steps": [
            {"do": "append", "text": "one line"},
            {"do": "append", "text": "\n"},
            {"do": "suggest"},
            {"do": "append", "text": '"T'},
            {"do": "suggest", "ignore_case": True},
        ],
    },
]

BLOCKED: list[Json] = [
    {"blocked_txt": "the\n", "context": ""},
    {"blocked_txt": "# nothing is refused\n\n", "context": ""},
    {"blocked_txt": "# two words\ncat\n  can  # and why\n", "context": "the", "prefix": "c"},
    {"blocked_txt": "CAFÉ\n", "context": "Das", "prefix": "Caf", "k": 3},
    {"blocked_txt": "\ufeffcat\r\ncan, came; cup\r\n", "context": "the", "prefix": "c"},
    {"blocked_txt": "Cafe\u0301\n“don’t”\n", "context": "I", "prefix": "d"},
]

PHRASES: list[Json] = [
    {"context": "", "threshold": 0.01},
    {"context": "the cat", "threshold": 0.022},
    {"context": "The old", "k": 2, "max_words": 2, "threshold": 0.004},
    {"context": "the", "max_words": 1, "threshold": 0.0, "k": 4},
    {"context": "今日は", "threshold": 0.015},
    {"context": "the cat", "max_words": 4, "threshold": 0.99},
]

SCORE = [
    "",
    "The cat sat on the mat.",
    "the  cat \n sat\r\n",
    "Is it “well-known”?\nIt isn’t.",
    "今日は良い天気です。😀",
    "nai\u0308ve\u200b words",
]


def decode(tokenizer: Tokenizer) -> list[list[int]]:
    """Tokens that no text becomes, and some that one does."""
    text = tokenizer.encode("The cat: 今日は\n\n naïve ").tolist()
    first_open = tokenizer.finals + 1
    return [
        [], [0], [0, 0], text, text[1:], text[:-2], [0, *text, 0, *text],
        [*range(1, 20)], [*range(first_open, first_open + 20)], [tokenizer.finals, tokenizer.vocab_size - 1],
        *([id_] for id_ in tokenizer.encode("今").tolist()),
    ]  # fmt: skip


BROKEN_CALLS: list[Json] = [
    {"call": "suggest", "arguments": {"context": "the", "k": 0}, "error": "WordgruError"},
    {"call": "suggest", "arguments": {"context": "the", "k": -1}, "error": "WordgruError"},
    {"call": "suggest", "arguments": {"context": "the", "prefix": "a b"}, "error": "WordgruError"},
    {"call": "suggest", "arguments": {"context": "the", "prefix": " a"}, "error": "WordgruError"},
    {"call": "suggest", "arguments": {"context": "the", "prefix": "a."}, "error": "WordgruError"},
    {"call": "suggest", "arguments": {"context": "the", "prefix": "-a"}, "error": "WordgruError"},
    {"call": "suggest", "arguments": {"context": "the", "prefix": "日a"}, "error": "WordgruError"},
    {"call": "suggest", "arguments": {"context": "the", "tolerance": 1}, "error": "WordgruError"},
    {"call": "suggest", "arguments": {"context": "the", "tolerance": -0.1}, "error": "WordgruError"},
    {"call": "suggest", "arguments": {"context": "the", "max_rows": 0}, "error": "WordgruError"},
    {"call": "suggest", "arguments": {"context": "the", "max_seconds": 0}, "error": "WordgruError"},
    {"call": "suggest", "arguments": {"context": "the", "k": 2.5}, "error": "WordgruError"},
    {"call": "phrases", "arguments": {"context": "the", "max_words": 0}, "error": "WordgruError"},
    {"call": "phrases", "arguments": {"context": "the", "threshold": 1.5}, "error": "WordgruError"},
    {"call": "suggest", "not_unicode": {"utf16": [97, 0xD800], "utf8": [97, 0xFF]}, "error": "WordgruError"},
    {"call": "complete", "arguments": {"text": "the", "k": 0}, "error": "WordgruError"},
    {"call": "delete", "arguments": {"count": -1}, "error": "WordgruError"},
]


def broken_bundles(config: BundleConfig) -> list[Json]:
    """How to break a bundle, and the error that loading it must give."""
    sizes = config.model
    blocked = _file("blocked.txt", "write", text="a\n")
    edits: list[tuple[str, list[Json]]] = [
        ("no folder", [{"edit": "remove_folder"}]),
        *((f"no {name}", [_file(name, "remove")]) for name in ("config.json", "tokenizer.json", "model.onnx")),
        *((f"{name} cut short", [_file(name, "drop_end", bytes=1)]) for name in ("tokenizer.json", "model.onnx")),
        ("a graph changed", [_file("model.onnx", "append", text="x")]),
        ("no JSON", [_file("config.json", "write", text="{")]),
        ("an empty config", [_file("config.json", "write", text="")]),
        ("a list for a config", [_file("config.json", "write", text="[]")]),
        ("a newer format", [_set(999, "format_version")]),
        ("a version that is no number", [_set("1", "format_version")]),
        ("format 1", [_set(1, "format_version")]),
        ("format 0", [_set(0, "format_version")]),
        ("no version", [_file("config.json", "unset", key=["format_version"])]),
        ("an unknown precision", [_set("fp4", "precision")]),
        ("an unknown key", [_set(1, "surprise")]),
        ("an unknown size", [_set(8, "model", "heads")]),
        ("no sizes", [_file("config.json", "unset", key=["model"])]),
        ("a size of 0", [_set(0, "model", "layers")]),
        ("a size that is text", [_set("2", "model", "layers")]),
        ("a size missing", [_file("config.json", "unset", key=["model", "hidden_size"])]),
        ("no hashes", [_file("config.json", "unset", key=["files"])]),
        ("a hash missing", [_file("config.json", "unset", key=["files", "model.onnx"])]),
        ("more tokens than the tokenizer has", [_set(sizes.vocab_size + 1, "model", "vocab_size")]),
        ("another hidden size than the graph has", [_set(sizes.hidden_size + 1, "model", "hidden_size")]),
        ("more layers than the graph has", [_set(sizes.layers + 1, "model", "layers")]),
        ("blocked.txt changed", [blocked, {"edit": "rehash"}, _file("blocked.txt", "append", text="b\n")]),
        ("blocked.txt with two words in a line", [_file("blocked.txt", "write", text="a b\n"), {"edit": "rehash"}]),
        ("blocked.txt with no word in a line", [_file("blocked.txt", "write", text="a\n?!\n"), {"edit": "rehash"}]),
        ("blocked.txt missing", [_set("0" * 64, "files", "blocked.txt")]),
        ("a hash of a file that a bundle does not have", [_set("0" * 64, "files", "other.txt")]),
        ("a graph that is none", [_file("model.onnx", "write", text="no graph"), {"edit": "rehash"}]),
    ]
    broken = [{"name": name, "edits": steps, "error": "BundleError"} for name, steps in edits]
    other = [("a tokenizer that is none", "{}"), ("a tokenizer that is no JSON", "{")]
    error = "WordgruError"
    broken += [
        {"name": name, "edits": [_file("tokenizer.json", "write", text=text), {"edit": "rehash"}], "error": error}
        for name, text in other
    ]
    return broken


def _file(name: str, edit: str, **values: Any) -> Json:  # noqa: ANN401  (any JSON)
    return {"file": name, "edit": edit, **values}


def _set(value: Any, *key: str) -> Json:  # noqa: ANN401  (any JSON)
    return {"file": "config.json", "edit": "set", "key": list(key), "value": value}
