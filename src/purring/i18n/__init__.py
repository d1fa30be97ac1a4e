"""Languages: which one a reader gets, how money and days are written in it, and the translated texts."""
