"""The shared library called from Python by ctypes: it answers, refuses in a line, and serves threads.

`python test_ctypes.py LIBRARY ENGLISH`: the library's path, and the English bundle.
"""

import ctypes
import sys
import threading
from collections.abc import Callable
from ctypes import POINTER, byref, c_char_p, c_double, c_int32, c_size_t, c_uint64, c_void_p

WRONG_ARGUMENT, WRONG_BUNDLE = 1, 2


class Query(ctypes.Structure):
    """wordgru_query."""

    _fields_ = (
        ("size", c_size_t), ("prefix", c_char_p), ("prefix_size", c_size_t), ("tolerance", c_double),
        ("max_seconds", c_double), ("attention", c_double), ("k", c_int32), ("max_rows", c_int32), ("batch", c_int32),
        ("ignore_case", c_int32), ("punctuation", c_int32), ("reserved", c_int32), ("threshold", c_double),
    )  # fmt: skip


class Typist(ctypes.Structure):
    """wordgru_typist."""

    _fields_ = (
        ("size", c_size_t), ("min_probability", c_double), ("capitals", c_int32), ("lone_i", c_int32),
        ("addresses", c_int32), ("reserved", c_int32),
    )  # fmt: skip


class Typing(ctypes.Structure):
    """wordgru_typing."""

    _fields_ = (
        ("size", c_size_t), ("layout", c_char_p), ("spread", c_double), ("anywhere", c_double), ("vowel", c_double),
        ("sound", c_double), ("omitted", c_double), ("mute", c_double), ("undoubled", c_double), ("extra", c_double),
        ("doubled", c_double), ("swapped", c_double), ("apostrophe", c_double), ("accent", c_double),
        ("lower", c_double), ("upper", c_double), ("joined", c_double), ("split", c_double), ("unknown", c_double),
        ("again", c_double), ("coined", c_double), ("name", c_double), ("first", c_double), ("careless", c_double),
        ("reserved", c_int32),
    )  # fmt: skip


class GenerateOptions(ctypes.Structure):
    """wordgru_generate_options."""

    _fields_ = (
        ("size", c_size_t), ("temperature", c_double), ("top_p", c_double), ("seed", c_uint64), ("max_words", c_int32),
        ("seeded", c_int32), ("reserved", c_int32),
    )  # fmt: skip


def declared(path: str) -> ctypes.CDLL:
    """The library with the types of the functions used here."""
    library = ctypes.CDLL(path)
    library.wordgru_message.restype = c_char_p
    library.wordgru_load.argtypes = (c_char_p, c_void_p, POINTER(c_void_p))
    library.wordgru_predictor_free.argtypes = (c_void_p,)
    library.wordgru_query_init.argtypes = (POINTER(Query), c_size_t)
    for name in ("suggest", "complete"):
        function = getattr(library, f"wordgru_{name}")
        function.argtypes = (c_void_p, c_char_p, c_size_t, POINTER(Query), POINTER(c_void_p))
    library.wordgru_suggestions_count.argtypes = (c_void_p,)
    library.wordgru_suggestions_count.restype = c_size_t
    library.wordgru_suggestions_word.argtypes = (c_void_p, c_size_t, POINTER(c_size_t))
    library.wordgru_suggestions_word.restype = c_char_p
    library.wordgru_suggestions_probability.argtypes = (c_void_p, c_size_t)
    library.wordgru_suggestions_probability.restype = c_double
    library.wordgru_suggestions_free.argtypes = (c_void_p,)
    library.wordgru_session_new.argtypes = (c_void_p, POINTER(c_void_p))
    library.wordgru_session_append.argtypes = (c_void_p, c_char_p, c_size_t)
    library.wordgru_session_suggest.argtypes = (c_void_p, POINTER(Query), POINTER(c_void_p))
    library.wordgru_session_free.argtypes = (c_void_p,)
    library.wordgru_typist_init.argtypes = (POINTER(Typist), c_size_t)
    library.wordgru_session_typist.argtypes = (c_void_p, POINTER(Typist))
    library.wordgru_typing_init.argtypes = (POINTER(Typing), c_size_t)
    library.wordgru_session_new_typing.argtypes = (c_void_p, POINTER(Typing), POINTER(c_void_p))
    library.wordgru_session_touch.argtypes = (c_void_p, c_double, c_double, c_int32)
    library.wordgru_session_corrections.argtypes = (c_void_p, POINTER(Query), POINTER(c_void_p))
    library.wordgru_correct.argtypes = (
        c_void_p, c_char_p, c_size_t, POINTER(Typing), c_double, POINTER(c_void_p)
    )  # fmt: skip
    library.wordgru_corrections_word.argtypes = (c_void_p, c_size_t, POINTER(c_size_t))
    library.wordgru_corrections_word.restype = c_char_p
    library.wordgru_corrections_start.argtypes = (c_void_p, c_size_t)
    library.wordgru_corrections_start.restype = c_size_t
    library.wordgru_corrections_free.argtypes = (c_void_p,)
    library.wordgru_score.argtypes = (c_void_p, c_char_p, c_size_t, POINTER(c_void_p))
    library.wordgru_scores_count.argtypes = (c_void_p,)
    library.wordgru_scores_count.restype = c_size_t
    library.wordgru_scores_text.argtypes = (c_void_p, c_size_t, POINTER(c_size_t))
    library.wordgru_scores_text.restype = c_char_p
    library.wordgru_scores_start.argtypes = (c_void_p, c_size_t)
    library.wordgru_scores_start.restype = c_size_t
    library.wordgru_scores_log_probability.argtypes = (c_void_p, c_size_t)
    library.wordgru_scores_log_probability.restype = c_double
    library.wordgru_scores_free.argtypes = (c_void_p,)
    library.wordgru_generate_options_init.argtypes = (POINTER(GenerateOptions), c_size_t)
    library.wordgru_generate.argtypes = (
        c_void_p, c_char_p, c_size_t, POINTER(GenerateOptions), POINTER(c_void_p), POINTER(c_size_t)
    )  # fmt: skip
    library.wordgru_data_free.argtypes = (c_void_p,)
    return library


def main(path: str, english: str) -> None:
    """Ask, be refused, and type in several threads."""
    library = declared(path)
    predictor = c_void_p()

    def said(status: int, wanted: int) -> str:
        assert status == wanted, (status, library.wordgru_message().decode())
        return str(library.wordgru_message().decode())

    def words(ask: Callable[..., int], *arguments: object) -> list[tuple[str, float]]:
        found = c_void_p()
        said(ask(*arguments, byref(found)), 0)
        listed = []
        for at in range(library.wordgru_suggestions_count(found)):
            word = library.wordgru_suggestions_word(found, at, None).decode()
            listed.append((word, library.wordgru_suggestions_probability(found, at)))
        library.wordgru_suggestions_free(found)
        return listed

    missing = library.wordgru_load("nowhére".encode(), None, byref(predictor))
    assert said(missing, WRONG_BUNDLE).startswith("nowhére: no such folder")
    said(library.wordgru_load(english.encode(), None, byref(predictor)), 0)
    try:
        query = Query()
        library.wordgru_query_init(byref(query), ctypes.sizeof(query))
        assert (query.size, query.k, query.tolerance) == (ctypes.sizeof(query), 3, 3e-3)
        text = "I’d like a caf".encode()
        completed = words(library.wordgru_complete, predictor, text, len(text), byref(query))
        assert completed
        assert all(word.startswith("caf") and 0 < share <= 1 for word, share in completed), completed
        query.k = 0
        refused = library.wordgru_suggest(predictor, b"", 0, byref(query), byref(c_void_p()))
        assert said(refused, WRONG_ARGUMENT).startswith("k is 0; expected a whole number")
        assert "is not UTF-8" in said(
            library.wordgru_suggest(predictor, b"\xff", 1, None, byref(c_void_p())), WRONG_ARGUMENT
        )

        typing = Typing()
        library.wordgru_typing_init(byref(typing), ctypes.sizeof(typing))
        assert (typing.size, typing.layout, typing.spread, typing.name) == (ctypes.sizeof(typing), None, 0.18, 0.5)
        typing.layout, typing.spread = b"phone", 0.34
        touched = c_void_p()
        said(library.wordgru_session_new_typing(predictor, byref(typing), byref(touched)), 0)
        said(library.wordgru_session_append(touched, b"thank ", 6), 0)
        for x, y in ((5.1, 0.2), (7.9, -0.1), (7.3, 0.1)):  # y, o, and i that may be u
            said(library.wordgru_session_touch(touched, x, y, 0), 0)
        assert words(library.wordgru_session_corrections, touched, None)[0][0] == "you"
        assert "y of the touch is inf" in said(
            library.wordgru_session_touch(touched, 0, float("inf"), 0), WRONG_ARGUMENT
        )
        library.wordgru_session_free(touched)
        shouting, typist = c_void_p(), Typist()
        library.wordgru_typist_init(byref(typist), ctypes.sizeof(typist))
        assert (typist.size, typist.capitals, typist.addresses) == (ctypes.sizeof(typist), 1, 0)
        said(library.wordgru_session_new(predictor, byref(shouting)), 0)
        said(library.wordgru_session_append(shouting, b"THE CA", 6), 0)
        offered = words(library.wordgru_session_suggest, shouting, None)
        assert offered
        assert all(word.isupper() for word, _ in offered), offered
        typist.capitals = 0
        said(library.wordgru_session_typist(shouting, byref(typist)), 0)
        assert words(library.wordgru_session_suggest, shouting, None) != offered
        typist.min_probability = 7.0
        refused = library.wordgru_session_typist(shouting, byref(typist))
        assert said(refused, WRONG_ARGUMENT).startswith("min_probability is 7; expected a number of at least 0")
        library.wordgru_session_free(shouting)
        slip, found = b"I dont know", c_void_p()
        said(library.wordgru_correct(predictor, slip, len(slip), None, 0.9, byref(found)), 0)
        assert library.wordgru_corrections_word(found, 0, None) == b"don't"
        assert library.wordgru_corrections_start(found, 0) == 2
        library.wordgru_corrections_free(found)

        text, scores = "Café is closed.".encode(), c_void_p()
        said(library.wordgru_score(predictor, text, len(text), byref(scores)), 0)
        scored = [
            (library.wordgru_scores_text(scores, at, None).decode(), library.wordgru_scores_start(scores, at))
            for at in range(library.wordgru_scores_count(scores))
        ]
        assert scored == [("Café", 0), ("is", 6), ("closed", 9), (".", 15), ("", 16)], scored
        assert all(library.wordgru_scores_log_probability(scores, at) < 0 for at in range(len(scored)))
        library.wordgru_scores_free(scores)
        drawing = GenerateOptions()
        library.wordgru_generate_options_init(byref(drawing), ctypes.sizeof(drawing))
        assert (drawing.size, drawing.max_words, drawing.top_p) == (ctypes.sizeof(drawing), 50, 1.0)
        drawing.max_words, drawing.seeded, drawing.seed = 5, 1, 7
        texts = []
        for _ in range(2):
            written, size = c_void_p(), c_size_t()
            said(library.wordgru_generate(predictor, b"I will", 6, byref(drawing), byref(written), byref(size)), 0)
            texts.append(ctypes.string_at(written.value or 0, size.value).decode())
            library.wordgru_data_free(written)
        assert texts[0] == texts[1] != "", texts
        drawing.temperature = -1.0
        refused = library.wordgru_generate(predictor, b"", 0, byref(drawing), byref(c_void_p()), None)
        assert said(refused, WRONG_ARGUMENT).startswith("temperature is -1; expected a number of at least 0")

        def type_letters(results: list[list[tuple[str, float]]]) -> None:
            session = c_void_p()
            said(library.wordgru_session_new(predictor, byref(session)), 0)
            for letter in b"the num":
                said(library.wordgru_session_append(session, bytes([letter]), 1), 0)
                last = words(library.wordgru_session_suggest, session, None)
            results.append(last)
            library.wordgru_session_free(session)

        results: list[list[tuple[str, float]]] = []
        threads = [threading.Thread(target=type_letters, args=(results,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        whole = words(library.wordgru_complete, predictor, b"the num", 7, None)
        assert len(results) == 3
        assert all(result[0][0] == whole[0][0] == "number" for result in results), results
    finally:
        library.wordgru_predictor_free(predictor)
    print("all held")


if __name__ == "__main__":
    main(*sys.argv[1:])
