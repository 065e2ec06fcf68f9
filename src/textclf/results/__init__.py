"""What is made of finished runs: predictions, comparisons, reports, exports."""
