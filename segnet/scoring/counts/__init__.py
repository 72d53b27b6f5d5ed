"""The confusion matrix and what follows from it: all that validation needs of scoring."""
