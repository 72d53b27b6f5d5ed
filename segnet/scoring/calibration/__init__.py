"""Whether a network is as sure as it is right."""
