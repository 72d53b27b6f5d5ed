"""The prepared format: what ``prepare`` leaves, and how it is read."""
