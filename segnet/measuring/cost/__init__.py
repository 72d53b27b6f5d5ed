"""What the stage ``measure`` writes down of a network: size, operations, time, memory."""
