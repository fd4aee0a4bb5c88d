"""The script that the benchmarks measure against stages row for row what dbt stages: two ways to one result."""

from __future__ import annotations

import duckdb

from benchmarks.script import TABLES, differences, stage
from samples.odd import odd_orders
from samples.orders import orders
from samples.write import write_rows
from tests.support import Project

# What a first staging holds becomes confirmed, but for every fifth order. Some get a history: no hash, another value,
# no id yet, archived.
CONFIRM_ORDERS = """
insert into MON_CustMasterSchedule by name
select
    * exclude (
        PLACE, BATCH_ID, CHANGE_TYPE, CHANGED_COLUMNS, CONFIRMED_HASH, MAPPING_HASH, ATTEMPTS, STAGED_AT,
        ROW_HASH, MONDAY_ITEM_ID, "DESTINATION"
    ),
    case when PLACE % 19 = 0 then 'ELSEWHERE' else "DESTINATION" end as "DESTINATION",
    case when PLACE % 17 = 0 then null when PLACE % 19 = 0 then 'another' else ROW_HASH end as ROW_HASH,
    case when PLACE % 13 > 0 then 1000 + PLACE end as MONDAY_ITEM_ID,
    case when PLACE % 11 = 0 then timestamp '2025-06-01' end as ARCHIVED_AT
from (select *, row_number() over (order by ORDER_KEY) as PLACE from by_hand.STG_MON_CustMasterSchedule)
where PLACE % 5 > 0
"""
# Likewise their sizes: some with another quantity or none, some under an item that is no longer the order's.
CONFIRM_SIZES = """
insert into MON_CustMasterSchedule_Subitems by name
select
    ORDER_KEY,
    SIZE_LABEL,
    case when PLACE % 7 = 0 then ORDER_QTY + 1 when PLACE % 29 > 0 then ORDER_QTY end as ORDER_QTY,
    5000 + PLACE as MONDAY_SUBITEM_ID,
    case when MONDAY_ITEM_ID % 23 = 0 then 1 else MONDAY_ITEM_ID end as MONDAY_PARENT_ITEM_ID
from (
    select sizes.*, items.MONDAY_ITEM_ID, row_number() over (order by ORDER_KEY, SIZE_LABEL) as PLACE
    from by_hand.STG_MON_CustMasterSchedule_Subitems as sizes
    inner join MON_CustMasterSchedule as items using (ORDER_KEY)
)
where PLACE % 31 > 0
"""
EDIT_ORDERS = """
update ORDERS_UNIFIED set "PO NUMBER" = 'P-NEW', "CUSTOMER PRICE" = '($ 1,234.56785)' where rowid % 6 = 1;
update ORDERS_UNIFIED set "ORDER TYPE" = 'Cancelled' where rowid % 14 = 2;
update ORDERS_UNIFIED set "CUSTOMER SEASON" = 'RESORT 2031' where rowid % 15 = 4;
update ORDERS_UNIFIED set "XS" = null, "M" = 41 where rowid % 9 = 3;
delete from ORDERS_UNIFIED where rowid % 40 = 39;
"""
# Attempts at what is staged now: to be repeated, refused for good, tried too often, resolved, of an older mapping.
FAIL = """
insert into {errors} by name
select
    uuid() as ERR_ID, {key}, ROW_HASH, 1 + PLACE % 2 as ATTEMPT, PLACE % 4 > 0 as RETRYABLE,
    PLACE % 6 = 1 as MAX_RETRIES_REACHED, timestamp '2025-06-01' as CREATED_AT,
    case when PLACE % 5 = 0 then timestamp '2025-06-02' end as RESOLVED_AT,
    case when PLACE % 7 = 0 then 'older' else MAPPING_HASH end as MAPPING_HASH
from (select *, row_number() over (order by {key}) as PLACE from by_hand.{staged})
where PLACE % 3 = 0
"""


def test_dbt_and_the_script_stage_the_same_rows(project: Project) -> None:
    with duckdb.connect(str(project.database)) as connection:
        write_rows(connection, [*odd_orders(450), *orders(100, 1)])
    project.sync("migrate")
    with duckdb.connect(str(project.database)) as connection:
        stage(connection)
        connection.execute(CONFIRM_ORDERS)
        connection.execute(CONFIRM_SIZES)
        connection.execute(EDIT_ORDERS)
        stage(connection)
        for kind, key in (("", "ORDER_KEY"), ("_Subitems", "ORDER_KEY, SIZE_LABEL")):
            table = f"MON_CustMasterSchedule{kind}"
            connection.execute(FAIL.format(errors=f"ERR_{table}", staged=f"STG_{table}", key=key))
    project.dbt("build", "--selector", "without_tests")
    with duckdb.connect(str(project.database)) as connection:
        stage(connection)
        assert differences(connection) == []
        kinds = connection.execute(
            f"select CHANGE_TYPE, ATTEMPTS > 0, count(*) from by_hand.{TABLES[0]} group by all"
        ).fetchall()
        sizes = connection.execute(
            f"select CHANGE_TYPE, ATTEMPTS > 0, ORDER_QTY = 0, count(*) from by_hand.{TABLES[1]} group by all"
        ).fetchall()
    # Every kind of row was there to be compared.
    assert {(kind, tried) for kind, tried, _ in kinds} == {(k, t) for k in ("CREATE", "UPDATE") for t in (True, False)}
    assert {("CREATE", True, False), ("CREATE", False, False), ("UPDATE", True, True), ("UPDATE", False, True)} <= {
        (kind, tried, gone) for kind, tried, gone, _ in sizes
    }


def test_a_difference_is_told_by_key_alone(project: Project) -> None:
    with duckdb.connect(str(project.database)) as connection:
        write_rows(connection, orders(3, 1))
    project.sync("migrate")
    with duckdb.connect(str(project.database)) as connection:
        stage(connection)
        for table in TABLES:
            connection.execute(f"create table {table} as from by_hand.{table}")
        assert differences(connection) == []
        connection.execute(f"update {TABLES[0]} set \"NOTES\" = 'secret text' where rowid = 0")
        connection.execute(f"alter table {TABLES[2]} drop column REASONS")
        found = differences(connection)
    assert len(found) == 3
    assert found[0].startswith("STG_MON_CustMasterSchedule: ORDER_KEY '")
    assert found[2] == "STG_MON_RejectedOrders: only one side has the column REASONS."
    assert "secret" not in str(found)
