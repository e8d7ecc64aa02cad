"""Tests of the streaming indicators."""
