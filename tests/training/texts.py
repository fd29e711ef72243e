"""Text as training reads it, for the tests: its documents, or the one line that says why not."""

import pytest

from wordgru.errors import TextError
from wordgru.training.data.text import TextConfig, documents, load_text


def loaded(*sources, **options):
    return list(documents(load_text(TextConfig(sources=tuple(map(str, sources)), **options))))


def refused(*sources, **options):
    with pytest.raises(TextError) as caught:
        loaded(*sources, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)
