"""Next words from a small GRU: private, exact, fast.

>>> import wordgru
>>> predictor = wordgru.Predictor.load("bundles/demo")  # doctest: +SKIP
>>> predictor.suggest("the cat").words  # doctest: +SKIP
"""

import os

__version__ = "0.1.0"  # before the imports, which read it

# onnxruntime from 1.29 on tells its maker of every process and model, unless this is set before it is imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

from wordgru.errors import BundleError, TextError, WordgruError
from wordgru.mixture import MixedPredictor, MixedSession
from wordgru.predictor import Phrase, Predictor, Score
from wordgru.search.characters import Characters
from wordgru.search.suggestions import SearchOptions, Suggestion, Suggestions
from wordgru.session import Session
from wordgru.sources.personal import PersonalModel
from wordgru.sources.word_list import WordList
from wordgru.typing.layout import Layout
from wordgru.typing.model import TypingModel
from wordgru.typist import TypistOptions

__all__ = [
    "BundleError",
    "Characters",
    "Layout",
    "MixedPredictor",
    "MixedSession",
    "PersonalModel",
    "Phrase",
    "Predictor",
    "Score",
    "SearchOptions",
    "Session",
    "Suggestion",
    "Suggestions",
    "TextError",
    "TypingModel",
    "TypistOptions",
    "WordList",
    "WordgruError",
    "__version__",
]
