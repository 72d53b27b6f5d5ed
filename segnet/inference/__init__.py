"""A trained network on new pictures."""
