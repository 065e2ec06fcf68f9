"""What writes the generated pages, a module a page."""
