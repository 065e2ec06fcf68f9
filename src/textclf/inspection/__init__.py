"""What is found out about a config and its data before training."""
