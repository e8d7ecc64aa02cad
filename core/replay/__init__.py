"""A market played again, and whether the same was decided."""
