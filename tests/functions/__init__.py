"""Tests of functions/: through the real WSGI application, against a real stack with real tokens."""
