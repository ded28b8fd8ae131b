"""The command line: one module a command; `emdewar.__main__` only assembles them."""
