"""What each tool is given to run, in an environment of its own; nothing here is imported by the rest."""
