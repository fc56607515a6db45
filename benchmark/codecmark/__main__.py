"""`python -m codecmark` is the same as `codecmark`."""

from codecmark.cli.main import main

if __name__ == "__main__":
    main()
