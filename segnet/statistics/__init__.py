"""From per-image counts to intervals and differences. No torch."""
