"""An independent reading of the business rules in plain Python, a reader of boards, and a comparison of the two.

Nothing here imports the models, the macros, the seeds or the push. Use::

    expected = expect(rows)                        # rows of ORDERS_UNIFIED as dicts, in any order
    board = read_board(url, token, board_id)       # the whole board, through the API
    differences = compare(expected, board)         # [] where the board shows what the source says

Day two: ``expect(rows, before=expected_before)`` carries over what was on the board already.
"""
