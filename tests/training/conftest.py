"""Every test caches below a folder of its own, never in the user's home."""

import datasets
import pytest


@pytest.fixture(autouse=True)
def _own_caches(monkeypatch, tmp_path_factory):
    folder = tmp_path_factory.mktemp("caches")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", folder / "datasets")
    monkeypatch.setenv("WORDGRU_CACHE", str(folder / "wordgru"))
