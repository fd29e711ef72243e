"""Offers for a column of texts, with polars or pandas, whichever is installed.

    python examples/batch.py examples/texts/replies.csv

Reads the column `text`, adds the columns `next` (three offers) and `bits` (surprisal of the whole), and prints them.
"""

import sys
from types import ModuleType

from wordgru import Predictor


def frames() -> ModuleType:
    """Polars or pandas."""
    try:
        import polars

        return polars
    except ModuleNotFoundError:
        try:
            import pandas

            return pandas
        except ModuleNotFoundError:
            raise SystemExit("error: neither polars nor pandas is installed; pip install polars.") from None


def main() -> None:
    """Read the table, ask for each row, print the rows."""
    library, predictor = frames(), Predictor.load()
    table = library.read_csv(sys.argv[1])
    texts = table["text"].to_list()
    table = library.DataFrame(
        {
            "text": texts,
            "next": [" / ".join(predictor.suggest(text).words) for text in texts],
            "bits": [round(sum(score.bits for score in predictor.score(text)), 1) for text in texts],
        }
    )
    rows = table.rows() if hasattr(table, "rows") else table.itertuples(index=False, name=None)
    for text, following, bits in rows:
        print(f"{bits:6.1f}  {text} … {following}")


if __name__ == "__main__":
    main()
