"""Splits for data sets that come without one."""
