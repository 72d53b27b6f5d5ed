"""Scores of predictions that were made elsewhere, under the protocol of the benches."""
