"""The parts that more than one network is built from."""
