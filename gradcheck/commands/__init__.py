"""Commands of the command line, one a module; `gradcheck.cli` puts them together."""
