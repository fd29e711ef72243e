"""The errors a user can cause. Each carries one line: what was wrong, what was expected, what to do."""


class WordgruError(Exception):
    """Base of every error that wordgru raises on purpose; the command line prints it as one line."""


class BundleError(WordgruError):
    """A bundle is missing, broken, foreign, or newer than this version of wordgru."""


class TextError(WordgruError):
    """Text cannot be found, read or used."""


class TrainingError(WordgruError):
    """A training run cannot start, go on, or be resumed."""


class ExportError(WordgruError):
    """An exported graph does not answer as the trained model does."""
