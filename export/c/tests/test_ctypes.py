"""The shared library called from Python by ctypes: it answers, refuses in a line, and serves threads.

`python test_ctypes.py LIBRARY ENGLISH`: the library's path, and the English bundle.
"""

import ctypes
import sys
import threading
from collections.abc import Callable
from ctypes import POINTER, byref, c_char_p, c_double, c_int32, c_size_t, c_void_p

WRONG_ARGUMENT, WRONG_BUNDLE = 1, 2


class Query(ctypes.Structure):
    """wordgru_query."""

    _fields_ = (
        ("size", c_size_t), ("prefix", c_char_p), ("prefix_size", c_size_t), ("tolerance", c_double),
        ("max_seconds", c_double), ("attention", c_double), ("k", c_int32), ("max_rows", c_int32), ("batch", c_int32),
        ("ignore_case", c_int32), ("punctuation", c_int32), ("reserved", c_int32),
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
