"""Whether somebody's network, loss or metric does what its name says. Runs it; trusts nothing."""
