"""Many trials of one config: what to try next, who trains it, and what came out."""
