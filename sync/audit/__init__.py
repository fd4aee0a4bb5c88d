"""The board compared with what the database says was confirmed, and that state put right.

The board is read page by page into working tables of the connection and compared there, so memory doesn't grow with it.
"""
