"""Deterministic sample orders: a table `ORDERS_UNIFIED` that looks like the real one, for any number of rows.

Public names:

* `write_orders(connection, rows, seed)` makes the table and fills it (DuckDB, or SQL Server over DB-API);
* `orders(rows, seed)` yields the same rows without a database.

Nothing here knows the models or the push: the generator only knows what a source table may contain.
"""

from samples.orders import orders
from samples.schema import Column, Row, Value, columns, create_table, size_columns
from samples.write import append_rows, write_orders, write_rows

__all__ = [
    "Column",
    "Row",
    "Value",
    "append_rows",
    "columns",
    "create_table",
    "orders",
    "size_columns",
    "write_orders",
    "write_rows",
]
