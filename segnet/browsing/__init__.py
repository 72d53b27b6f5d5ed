"""A page of pictures: every image of a split, what rows of a bench predict there, the errors."""
