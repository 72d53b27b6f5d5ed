"""The files in ``reports/``: records, the baseline and its gate, published values. No torch."""
