"""What a network costs, and which learning rate it bears."""
