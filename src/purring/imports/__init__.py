"""Files from another biller: read as a stream, checked row by row, imported in batches, reported line by line."""
