"""The command line: reads words, calls operations, prints what came of it."""
