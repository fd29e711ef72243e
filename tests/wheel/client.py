"""A program of somebody else that uses all that the package offers; type checkers read it, strictly, from outside."""

from collections.abc import Sequence

from wordgru import Phrase, Predictor, Score, SearchOptions, Session, Suggestion, Suggestions, WordgruError
from wordgru.shipped import ModelFacts, shipped_facts
from wordgru.sources.grams import Gram
from wordgru.sources.personal import PersonalModel


def words(predictor: Predictor, text: str) -> list[str]:
    """Next words, most probable first."""
    found: Suggestions = predictor.suggest(text, k=5, options=SearchOptions(ignore_case=True))
    first: Suggestion | None = found[0] if found.exact and len(found) else None
    assert first is None or 0.0 <= first.probability <= 1.0
    return [item.word for item in found]


def typed(predictor: Predictor, letters: Sequence[str]) -> str:
    """A text field."""
    session: Session = predictor.session("See you ")
    for letter in letters:
        session.append(letter)
    session.commit()
    return session.text


def scored(predictor: Predictor, text: str) -> float:
    """Bits of a text."""
    scores: list[Score] = predictor.score(text)
    phrases: list[Phrase] = predictor.phrases(text)
    assert all(phrase.probability <= 1 for phrase in phrases)
    return sum(score.bits for score in scores)


def main() -> None:
    """All of it."""
    with PersonalModel() as store:
        store.learn("the cat sat on the mat")
        grams: list[Gram] = list(store.grams())
        predictor = Predictor.load(personal=store)
        print(words(predictor, "the "), typed(predictor, "tomor"), scored(predictor, "the cat"), len(grams))
    facts: list[ModelFacts] = shipped_facts()
    print([(each.name, each.licence) for each in facts])
    try:
        predictor.suggest("a", k=0)
    except WordgruError as error:
        print(error)


if __name__ == "__main__":
    main()
