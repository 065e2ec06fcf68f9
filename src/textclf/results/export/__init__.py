"""Export of a run's kept model for other programs, with a card that describes its input."""
