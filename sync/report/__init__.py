"""Report one batch, or all batches of a run, as a single page that needs nothing beside itself.

``reading`` asks the database, ``figures`` works out what is shown, ``page`` fills ``page.html``.
"""
