"""What other languages mixed in cost a typist, or bring: a model alone, and mixed with others."""

from collections.abc import Callable, Sequence

from wordgru.evaluation.bench import Document, evaluate
from wordgru.evaluation.figures import difference
from wordgru.evaluation.learning import Worth
from wordgru.evaluation.predictor import MixedSubject, PredictorSubject
from wordgru.predictor import Predictor

DEFINITIONS = {
    "mixed": "the model with others mixed in, each of a language, which take up the text as it changes between them; a "
    "mixture has no perplexity",
}
"""What the heading means, beside those of every bench."""


def evaluate_mixing(
    documents: Sequence[Document], predictors: Sequence[Predictor], *, ks: Sequence[int],
    attention: float = 0.0, progress: Callable[[int], None] | None = None,
) -> Worth:  # fmt: skip
    """Judge the first of `predictors` alone, and all of them mixed.

    Raises:
        WordgruError: two of them have one name.
    """
    alone = PredictorSubject(predictors[0], attention=attention)
    mixed = MixedSubject(predictors, name="mixed", attention=attention)
    off = evaluate(documents, alone, ks=ks, progress=progress)
    on = evaluate(documents, mixed, ks=ks, progress=progress)
    gain = difference((on.name, off.name), on.counts, off.counts, sorted(ks))
    return Worth(off, on, gain, languages=tuple(mixed.predictor.predictors))
