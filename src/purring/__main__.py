"""`purring` and `python -m purring`."""

from __future__ import annotations

from purring.cli.main import app


def main() -> None:
    """Run the command that the command line names."""
    app(prog_name="purring")


if __name__ == "__main__":
    main()
