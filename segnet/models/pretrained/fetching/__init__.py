"""How the initial weights of each kind are had: ``fetch(file)``."""
