"""`python -m wordgru`, the same as `wordgru`."""

from wordgru.cli import main

if __name__ == "__main__":
    main()
