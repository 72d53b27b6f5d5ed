"""From a predictor and a split to counts, and from counts to scores."""
