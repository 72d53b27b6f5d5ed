"""The stages of ``dvc.yaml``, one script each, run as ``python -m pipelines.<stage>``."""
