"""A run: settings, checkpoints, the training loop and what goes on around a step."""
