"""The bench: what a typist gains from a model, by one code for every subject.

text.py      the text to type
subject.py   what is judged: a bundle, or a rival
rivals.py    KenLM (the kenlm extra)
bench.py     types the text, counts and times
figures.py   counts to figures, intervals and differences
running.py   a running text's perplexity per word, as the literature counts it, by readers
cache.py     a reader that remembers; `wordgru.training.run.dynamic` has one that learns
table.py  picture.py  output.py    how figures are shown
command.py  running_command.py     `wordgru evaluate`, and its `--perplexity`
"""
