"""All that prints: the command line and how it shows results, contents and status."""
