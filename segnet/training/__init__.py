"""From a prepared split, a network and a loss to weights and a history."""
