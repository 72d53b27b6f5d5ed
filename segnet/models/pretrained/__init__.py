"""Published encoder weights: how they are fetched, and how a network takes them."""
