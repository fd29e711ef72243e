"""From text to a bundle: everything that needs the `train` extra. The rest of wordgru never imports it."""
