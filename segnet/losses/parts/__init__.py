"""What losses are made of, so that no loss depends on another one."""
