"""Tests of functions/resources/: each route, by everybody, with good and bad input."""
