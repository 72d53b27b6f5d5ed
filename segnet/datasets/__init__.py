"""The data sets, one package each, and how their files are fetched, prepared and read."""
