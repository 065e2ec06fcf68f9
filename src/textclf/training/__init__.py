"""Training: the fits of a run, one model after another, and what is kept of them."""
