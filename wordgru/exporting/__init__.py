"""A run to a bundle: checks, the model card. The only room that knows both sides."""
