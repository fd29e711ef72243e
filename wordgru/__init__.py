"""Next words from a small GRU: private, exact, fast.

>>> import wordgru
>>> predictor = wordgru.Predictor.load("bundles/demo")  # doctest: +SKIP
>>> predictor.suggest("the cat").words  # doctest: +SKIP
"""

__version__ = "0.1.0"  # before the imports, which read it

from wordgru.errors import WordgruError
from wordgru.predictor import Predictor
from wordgru.session import Session
from wordgru.suggestions import Suggestion, Suggestions

__all__ = ["Predictor", "Session", "Suggestion", "Suggestions", "WordgruError", "__version__"]
