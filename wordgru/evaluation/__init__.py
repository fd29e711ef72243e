"""The bench: what a typist gains from a model, by one code for every subject.

text.py      the text to type
subject.py   what is judged: a bundle, or a rival
rivals.py    KenLM (the kenlm extra)
bench.py     types the text, counts and times
figures.py   counts to figures, intervals and differences
table.py  picture.py  command.py    how they are shown
"""
