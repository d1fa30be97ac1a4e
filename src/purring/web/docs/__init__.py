"""The API's documentation, served by ourselves: no script, and nothing from anywhere else."""
