"""PVA, module by module."""
