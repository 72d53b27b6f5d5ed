"""What runs: ``params.yaml``, presets, plans, and what stands in the way of a run."""
