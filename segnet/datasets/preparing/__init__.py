"""From raw images and masks to the prepared format."""
