"""Learn one person's words from a chat log, and say what that changes.

    python examples/learn_from_chat.py examples/texts/chat.jsonl Mia

The log has a JSON object a line, with `person` and `text`. Only what that person wrote is learnt; the counts stay in
memory here, in a file of yours with `PersonalModel("my.words")`.
"""

import json
import sys
from pathlib import Path

from wordgru import PersonalModel, Predictor

BEGINNINGS = ["see you at the K", "is Tob", "I can bring the "]


def main() -> None:
    """Learn, then compare the offers before and after."""
    log, person = Path(sys.argv[1]), sys.argv[2]
    messages = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    predictor = Predictor.load(personal=PersonalModel())
    before = {text: predictor.session(text).suggest(k=3).words for text in BEGINNINGS}

    session = predictor.session()
    for message in messages:
        session.reset()  # each message is a text of its own
        session.append(message["text"])
        if message["person"] == person:
            session.commit()  # it was sent: learn it

    print(f"{sum(message['person'] == person for message in messages)} of {len(messages)} messages are {person}'s")
    for text in BEGINNINGS:
        after = predictor.session(text).suggest(k=3)
        told = [f"{offer.word} ({' and '.join(offer.sources)})" for offer in after]
        print(f"{text}…\n  before: {', '.join(before[text])}\n  after:  {', '.join(told)}")


if __name__ == "__main__":
    main()
