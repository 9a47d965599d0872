"""The kind ``process``: what a programme promised, and what its records say was done by a quarter."""
