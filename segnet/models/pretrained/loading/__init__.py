"""How a network takes the initial weights of each kind: ``load(network, file)``."""
