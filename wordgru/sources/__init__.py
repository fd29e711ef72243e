"""Sources of words beside the model: what its user wrote before."""
