"""The network: embedding, GRU, losses, and the batches that it is fed."""
