"""The bench: what a typist gains from a model, by one code for every subject.

predictor.py   what is judged: a bundle, or any subject
baselines.py   KenLM (the kenlm extra)
bench.py       types the text, counts and times
figures.py     counts to figures, intervals and differences
learning.py    without and with a person's own words
running.py     a running text's perplexity per word, as the literature counts it, by readers
cache.py       a reader that remembers; `wordgru.training.run.dynamic` has one that learns
table.py  picture.py  output.py    how figures are shown
"""
