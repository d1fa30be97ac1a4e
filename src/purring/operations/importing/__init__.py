"""Take many rows from another biller in, a batch at a time; each row's result says what became of it.

Every function works within the caller's transaction, so that the caller decides how much is kept or given up together.
A row that is there already is left as it is: life may have gone on since it came.
"""
