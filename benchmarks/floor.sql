-- The least that a build has to do, with no rule in it: reads the mapped columns, hashes each order, unpivots the sizes,
-- and keeps what the confirmed tables don't hold. What the models cost is published as a multiple of this.
-- The variables fields and sizes name the columns to read (benchmarks/script.py sets them).

create schema if not exists floor;

create or replace table floor.orders as
with hashed as (
    select
        *,
        sha256(concat_ws('|', *columns(* exclude SOURCE_ROW))) as ROW_HASH
    from (
        select
            row_number() over () as SOURCE_ROW,
            columns(lambda c: list_contains(getvariable('fields'), c))
        from ORDERS_UNIFIED
    )
)

select hashed.*
from hashed
anti join MON_CustMasterSchedule as confirmed
    on hashed."AAG ORDER NUMBER" = confirmed.ORDER_KEY and hashed.ROW_HASH = confirmed.ROW_HASH;

create or replace table floor.sizes as
with quantities as (
    unpivot (
        select
            row_number() over () as SOURCE_ROW,
            "AAG ORDER NUMBER",
            columns(lambda c: list_contains(getvariable('sizes'), c))
        from ORDERS_UNIFIED
    )
    on columns(* exclude (SOURCE_ROW, "AAG ORDER NUMBER")) into name SIZE_LABEL value ORDER_QTY
)

select
    quantities.*,
    sha256(concat_ws('|', SIZE_LABEL, ORDER_QTY)) as ROW_HASH
from quantities
anti join MON_CustMasterSchedule_Subitems as confirmed
    on
        quantities."AAG ORDER NUMBER" = confirmed.ORDER_KEY
        and quantities.SIZE_LABEL = confirmed.SIZE_LABEL
        and quantities.ORDER_QTY = confirmed.ORDER_QTY
where quantities.ORDER_QTY > 0;
