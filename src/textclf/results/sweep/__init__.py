"""What is made of a sweep's trials: their table, the winner, what mattered, one HTML page."""
