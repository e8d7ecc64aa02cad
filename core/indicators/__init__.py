"""Streaming indicators: O(1) per update, bounded memory, None while warming up."""
