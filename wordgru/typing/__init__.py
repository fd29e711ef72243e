"""What was typed: the probability of letters and touch points given the word that was meant, and the search over it."""
