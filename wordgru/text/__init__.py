"""What text is: the rule of a word, tokens, and the vocabulary as a trie (bundle format 2)."""
