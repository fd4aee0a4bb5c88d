"""Everything that knows Monday's API: one HTTP attempt, reading answers, documents, board, mapping, values, budget.

Nothing here touches the database or decides what to push. Modules are pure unless they take a clock, a transport or a
``send`` function; those three are always handed in.
"""
