"""A run's kept model in a format that other programs open, with a card that says what it takes."""
