"""The language server behind `wordgru lsp`: next words in any editor. Needs the lsp extra."""
