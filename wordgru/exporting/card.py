"""The model card of a bundle: Markdown with the front matter of the Hugging Face Hub. It needs no torch."""

from collections.abc import Mapping, Sequence
from typing import Any

from wordgru.config import ModelConfig
from wordgru.errors import ExportError, reason
from wordgru.shipped import split_card
from wordgru.text.tokenizer import END_OF_TEXT

_ABOUT = """\
Trained on {data}. Licence of this model: {license}. The text may have terms of its own; they are its owners'.
"""

_OWN = ("license", "language", "library_name", "pipeline_tag", "tags", "datasets")
"""Names of the front matter that every card has from elsewhere."""

_CARD = """\
---
license: {license}
{languages}library_name: wordgru
pipeline_tag: text-generation
tags:
- next-word-prediction
- gru
- onnx
- {precision}
{datasets}{front}---

# A wordgru next-word model

A small recurrent language model: {layers} GRU layer{plural} of {hidden_size} over {vocab_size:,} byte-level BPE \
tokens, embedding of {embedding_size} shared with the output, exported to ONNX in {precision}. It offers next words and
completions while someone types; its whole memory of a text is one state of {state_bytes:,} bytes.

## How to use it

```python
from wordgru import Predictor

predictor = Predictor.load("path/or/owner/name")
for suggestion in predictor.suggest("the cat", k=5):
    print(suggestion)
```

Without wordgru, any ONNX runtime and any reader of `tokenizer.json` will do. `model.onnx`:

| | name | type | shape |
|---|---|---|---|
| input | `input_ids` | int64 | (batch, time), time at least 1 |
| input | `state` | float32 | ({layers}, batch, {hidden_size}) |
| input | `positions` | int64 | (count,), time steps after which the next token is wanted; `[-1]` is the last |
| output | `probabilities` | float32 | (batch, count, {vocab_size}) |
| output | `next_state` | float32 | ({layers}, batch, {hidden_size}) |

A text begins with a state of zeros and the token {end} (end of text), followed by the tokens of the text; \
`next_state` goes in with the tokens that follow. Never run it with no tokens: onnxruntime's GRU ends the process. \
Give `state` values between -1 and 1, as the model itself returns them.

## Data and licences

{about}

## Training

{settings}

## Figures

{figures}

Words are what white space parts. The end of each text is counted, and every text is read from the zero state.

## Limits

It has no knowledge to answer questions from and follows no instructions. It repeats what its text contains, mistakes \
and prejudice too. It is best in the language and the kind of text it was trained on.
"""


def model_card(
    *,
    sizes: ModelConfig,
    precision: str,
    license: str,
    data: str,
    datasets: Sequence[str],
    settings: Mapping[str, Any],
    quality: Mapping[str, Any],
    about: str = "",
    languages: Sequence[str] = (),
) -> str:
    """The text of a bundle's `README.md`.

    Args:
        sizes: the model's sizes.
        precision: "fp32", "int8" or "int4".
        license: licence of the model as the Hub spells it ("apache-2.0", "other").
        data: what the model was trained on, to follow "Trained on".
        datasets: names on the Hub of what it was trained on.
        settings: how it was trained, a row each.
        quality: how it scored, a row each.
        about: Markdown on the data, its owners and licences, instead of a sentence made of `data`; front matter that
            it begins with (`model-index`, `co2_eq_emissions`) goes into that of the card.
        languages: their codes ("en"), for the Hub.
    """
    front, about = split_card(about)
    return _CARD.format(
        front=front,
        license=license,
        precision=precision,
        datasets=_list("datasets", datasets),
        languages=_list("language", languages),
        plural="s" if sizes.layers > 1 else "",
        state_bytes=4 * sizes.layers * sizes.hidden_size,
        end=END_OF_TEXT,
        about=(about or _ABOUT.format(data=data, license=license)).strip(),
        settings=_table(settings),
        figures=_table(quality),
        **sizes.to_dict(),
    )


def check_about(about: str) -> None:
    """Refuse a text on a model whose front matter is not the Hub's, or says what the card says anyway.

    Raises:
        ExportError: it is so.
    """
    front, _ = split_card(about)
    if not front:
        return
    from huggingface_hub import ModelCard

    try:
        data = ModelCard(f"---\n{front}---\n").data
    except Exception as error:  # of YAML, or of the Hub's card, which raises ValueError or TypeError
        raise ExportError(
            f"about: the Hub cannot read its front matter ({reason(error)}); expected YAML, and for each result of "
            "model-index a task, a dataset and metrics."
        ) from None
    if again := ", ".join(name for name in _OWN if data.get(name) is not None):
        raise ExportError(f"about: its front matter has {again}, which the card has anyway; leave that out.")


def _list(name: str, values: Sequence[str]) -> str:
    """A list of the front matter; nothing where it is empty."""
    return "".join([f"{name}:\n", *(f"- {value}\n" for value in values)]) if values else ""


def _table(values: Mapping[str, Any]) -> str:
    """A Markdown table of names and values; those that say nothing are left out."""
    told = {name.replace("_", " "): value for name, value in values.items() if value not in (None, "", (), [])}
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in told.items())])
