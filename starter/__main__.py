"""`python -m starter` is the command `backorder`."""

from starter.cli import main

if __name__ == "__main__":
    main()
