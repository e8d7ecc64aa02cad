"""The Dhan simulator: market feed and REST on loopback, playing a generated or recorded day."""
