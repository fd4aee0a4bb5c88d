"""The page of one batch, or of all batches of a run, which needs nothing beside itself."""
