"""Files on disk: written whole, and safe to read."""
