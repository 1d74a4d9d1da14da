"""The command line: argv becomes a request, a value becomes an exit code. One module per command."""
