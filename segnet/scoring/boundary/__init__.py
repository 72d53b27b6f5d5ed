"""How well boundaries are met: boundary F1 and Boundary IoU."""
