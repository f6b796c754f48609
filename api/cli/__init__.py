"""The command line: a file a group of commands; what they print is made in `api.show`."""
