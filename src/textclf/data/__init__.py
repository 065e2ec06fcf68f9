"""Datasets: found, verified, read as flat arrays, and encoded."""
