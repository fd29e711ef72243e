"""The rooms of `pair.py`: text, losses, four bits, learners."""
