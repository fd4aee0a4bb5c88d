-- What `dbt build` stages, as one script for DuckDB, written by hand for speed and brevity alone: the yardstick of the
-- models, and a second opinion on them. It reads ORDERS_UNIFIED, the files of the seeds (from the repository root) and
-- what the sync confirmed or failed at, knows the default settings only, and fills three tables in the schema by_hand.
-- The variable mapping_hash says which failures count; the variable batch is what the batch ids begin with.

create schema if not exists by_hand;

-- Text without control characters and without blanks at its ends; line ends stay in long text.
create or replace temp macro blanks() as
    chr(32) || chr(10) || chr(13) || chr(160) || chr(5760) || chr(8192) || chr(8193) || chr(8194) || chr(8195)
    || chr(8196) || chr(8197) || chr(8198) || chr(8199) || chr(8200) || chr(8201) || chr(8202) || chr(8232) || chr(8233)
    || chr(8239) || chr(8287) || chr(12288);
create or replace temp macro visible(t) as
    regexp_replace(t, '[\x00-\x08\x0B\x0C\x0E-\x1F\x7F-\x{9F}]', '', 'g');
create or replace temp macro line(t) as case
    when regexp_matches(t, '[^ -~]') then trim(regexp_replace(visible(t), '\r\n|[\t\r\n]', ' ', 'g'), blanks())
    else trim(t)
end;
create or replace temp macro lines(t) as case
    when regexp_matches(t, '[^ -~]') then trim(replace(visible(t), chr(9), ' '), blanks())
    else trim(t)
end;
create or replace temp macro filled(t varchar) as case
    when strlen(t) > 4 then t
    when lower(t) not in ('', 'nan', 'none', 'null') then t
end,
    (t date) as t;
create or replace temp macro letters(t) as list_transform(string_split(t, ''), lambda c: if(unicode(c) > 65535, c, upper(c)));
create or replace temp macro capitals(t) as case
    when regexp_matches(t, '[\x{10400}-\x{1E9FF}]') then array_to_string(letters(replace(t, 'ß', 'SS')), '')
    else upper(replace(t, 'ß', 'SS'))
end;
create or replace temp macro units(t) as length(t) + length(regexp_replace(t, '[^\x{10000}-\x{10FFFF}]', '', 'g'));
create or replace temp macro cut(t) as case when length(t) > 2000 then left(t, 1999) || '…' else t end;

-- $1,234.50, 12 %, (5.00) and - 5 become figures; what is none becomes null.
create or replace temp macro ws() as '[\s\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}]*';
create or replace temp macro figure(t) as case
    when regexp_matches(t, '[^0-9.]')
        then regexp_replace(
            regexp_replace(
                regexp_replace(t, '[$,%]', '', 'g'),
                '^' || ws() || '\(' || ws() || '([0-9.]*)' || ws() || '\)' || ws() || '$', '-\1'
            ),
            '^' || ws() || '([+-]?)' || ws() || '([0-9.]*)' || ws() || '$', '\1\2'
        )
    else t
end;
create or replace temp macro number(t) as case
    when regexp_full_match(t, '[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)') then try_cast(t as decimal(18, 4))
end;

-- A value as ROW_HASH sees it, by its type.
create or replace temp macro hashed(v varchar) as coalesce(replace(v, '|', '||') || '|;', '|-'),
    (v decimal(18, 4)) as coalesce(rtrim(rtrim(cast(v as varchar), '0'), '.') || '|;', '|-'),
    (v date) as coalesce(cast(v as varchar) || '|;', '|-'),
    (v bigint) as coalesce(cast(v as varchar) || '|;', '|-');

-- The size columns: whole numbers between the two markers.
set variable sizes = (
    select list(name order by cid)
    from pragma_table_info('ORDERS_UNIFIED')
    where
        type in ('TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT')
        and cid > (select cid from pragma_table_info('ORDERS_UNIFIED') where name = 'UNIT OF MEASURE')
        and cid < (select cid from pragma_table_info('ORDERS_UNIFIED') where name = 'TOTAL QTY')
);

-- Each order once: cleaned, named, hashed.
create or replace temp table orders as
with
trimmed as (
    select
        row_number() over () as SOURCE_ROW,
        line("AAG ORDER NUMBER") as "AAG ORDER NUMBER",
        line("AAG SEASON") as "AAG SEASON",
        line("CUSTOMER ALT PO") as "CUSTOMER ALT PO",
        line("CUSTOMER SEASON") as "CUSTOMER SEASON",
        "ORDER DATE PO RECEIVED",
        line("DROP") as "DROP",
        line("PO NUMBER") as "PO NUMBER",
        line("PATTERN ID") as "PATTERN ID",
        lines("STYLE DESCRIPTION") as "STYLE DESCRIPTION",
        line("CATEGORY") as "CATEGORY",
        line("UNIT OF MEASURE") as "UNIT OF MEASURE",
        line("ORDER TYPE") as "ORDER TYPE",
        line("DESTINATION") as "DESTINATION",
        line("DESTINATION WAREHOUSE") as "DESTINATION WAREHOUSE",
        line("DELIVERY TERMS") as "DELIVERY TERMS",
        line("PLANNED DELIVERY METHOD") as "PLANNED DELIVERY METHOD",
        lines("NOTES") as "NOTES",
        line("CUSTOMER PRICE") as "CUSTOMER PRICE",
        line("USA ONLY LSTP 75% EX WORKS") as "USA ONLY LSTP 75% EX WORKS",
        line("EX WORKS (USD)") as "EX WORKS (USD)",
        line("ADMINISTRATION FEE") as "ADMINISTRATION FEE",
        line("DESIGN FEE") as "DESIGN FEE",
        line("FX CHARGE") as "FX CHARGE",
        line("HANDLING") as "HANDLING",
        line("SURCHARGE FEE") as "SURCHARGE FEE",
        line("DISCOUNT") as "DISCOUNT",
        line("FINAL FOB (USD)") as "FINAL FOB (USD)",
        line("HS CODE") as "HS CODE",
        line("US DUTY RATE") as "US DUTY RATE",
        line("US DUTY") as "US DUTY",
        line("FREIGHT") as "FREIGHT",
        line("US TARIFF RATE") as "US TARIFF RATE",
        line("US TARIFF") as "US TARIFF",
        line("DDP US (USD)") as "DDP US (USD)",
        line("SMS PRICE USD") as "SMS PRICE USD",
        line("FINAL PRICES Y/N") as "FINAL PRICES Y/N",
        lines("NOTES FOR PRICE") as "NOTES FOR PRICE",
        line("CUSTOMER NAME") as "CUSTOMER",
        line("CUSTOMER STYLE") as "STYLE",
        line("ALIAS/RELATED ITEM") as "ALIAS RELATED ITEM",
        line("CUSTOMER COLOUR DESCRIPTION") as "COLOR",
        "ETA CUSTOMER WAREHOUSE DATE" as "CUSTOMER REQ IN DC DATE",
        "EX FACTORY DATE" as "CUSTOMER EX FACTORY DATE",
        lines("RANGE / COLLECTION") as "RANGE / COLLECTION",
        "TOTAL QTY"
    from ORDERS_UNIFIED
),

cleaned as (
    select
        SOURCE_ROW,
        "TOTAL QTY",
        filled(columns(* exclude (SOURCE_ROW, "TOTAL QTY")))
    from trimmed
),

customers as (
    select
        capitals(line(name)) as MATCH_NAME,
        arg_min(CANONICAL_CUSTOMER, (preference, CANONICAL_CUSTOMER)) as CANONICAL_CUSTOMER
    from (
        select ALIAS as name, 1 as preference, CANONICAL_CUSTOMER
        from read_csv('seeds/customer_aliases.csv', header = true, all_varchar = true)
        union all
        select CANONICAL_CUSTOMER, 2, CANONICAL_CUSTOMER
        from read_csv('seeds/customer_aliases.csv', header = true, all_varchar = true)
    )
    group by all
),

board_values as (
    select COLUMN_NAME, capitals(SOURCE_VALUE) as SOURCE_VALUE, BOARD_VALUE
    from read_csv('seeds/value_maps.csv', header = true, all_varchar = true)
),

mapped as (
    select
        cleaned.* replace (
            coalesce(customers.CANONICAL_CUSTOMER, capitals(cleaned."CUSTOMER")) as "CUSTOMER",
            coalesce(order_types.BOARD_VALUE, cleaned."ORDER TYPE") as "ORDER TYPE",
            cut("STYLE DESCRIPTION") as "STYLE DESCRIPTION",
            cut("NOTES") as "NOTES",
            cut("NOTES FOR PRICE") as "NOTES FOR PRICE",
            cut("RANGE / COLLECTION") as "RANGE / COLLECTION",
            figure("CUSTOMER PRICE") as "CUSTOMER PRICE",
            figure("USA ONLY LSTP 75% EX WORKS") as "USA ONLY LSTP 75% EX WORKS",
            figure("EX WORKS (USD)") as "EX WORKS (USD)",
            figure("ADMINISTRATION FEE") as "ADMINISTRATION FEE",
            figure("DESIGN FEE") as "DESIGN FEE",
            figure("FX CHARGE") as "FX CHARGE",
            figure("SURCHARGE FEE") as "SURCHARGE FEE",
            figure("DISCOUNT") as "DISCOUNT",
            figure("FINAL FOB (USD)") as "FINAL FOB (USD)",
            figure("US DUTY RATE") as "US DUTY RATE",
            figure("US DUTY") as "US DUTY",
            figure(coalesce(tariff_rates.BOARD_VALUE, "US TARIFF RATE")) as "US TARIFF RATE",
            figure("US TARIFF") as "US TARIFF",
            figure("DDP US (USD)") as "DDP US (USD)",
            figure("SMS PRICE USD") as "SMS PRICE USD"
        ),
        cleaned."CUSTOMER" as SOURCE_CUSTOMER
    from cleaned
    left join customers
        on capitals(cleaned."CUSTOMER") = customers.MATCH_NAME
    left join board_values as order_types
        on order_types.COLUMN_NAME = 'ORDER TYPE' and capitals(cleaned."ORDER TYPE") = order_types.SOURCE_VALUE
    left join board_values as tariff_rates
        on
            tariff_rates.COLUMN_NAME = 'US TARIFF RATE'
            and capitals(cleaned."US TARIFF RATE") = tariff_rates.SOURCE_VALUE
),

named as (
    select
        left(
            concat(left(concat("STYLE", "COLOR"), greatest(255 - length("AAG ORDER NUMBER"), 0)), "AAG ORDER NUMBER"),
            255
        ) as ITEM_NAME,
        left(
            capitals(concat(SOURCE_CUSTOMER, ' ', coalesce("CUSTOMER SEASON", "AAG SEASON", 'UNKNOWN SEASON'))), 255
        ) as GROUP_NAME,
        * replace (
            number("CUSTOMER PRICE") as "CUSTOMER PRICE",
            number("USA ONLY LSTP 75% EX WORKS") as "USA ONLY LSTP 75% EX WORKS",
            number("EX WORKS (USD)") as "EX WORKS (USD)",
            number("ADMINISTRATION FEE") as "ADMINISTRATION FEE",
            number("DESIGN FEE") as "DESIGN FEE",
            number("FX CHARGE") as "FX CHARGE",
            number("SURCHARGE FEE") as "SURCHARGE FEE",
            number("DISCOUNT") as "DISCOUNT",
            number("FINAL FOB (USD)") as "FINAL FOB (USD)",
            number("US DUTY RATE") as "US DUTY RATE",
            number("US DUTY") as "US DUTY",
            number("US TARIFF RATE") as "US TARIFF RATE",
            number("US TARIFF") as "US TARIFF",
            number("DDP US (USD)") as "DDP US (USD)",
            number("SMS PRICE USD") as "SMS PRICE USD"
        )
    from mapped
)

select
    *,
    capitals(replace("AAG ORDER NUMBER", '#', '##')) as KEY_BASE,
    nullif(
        concat_ws(
            '; ',
            case when "AAG ORDER NUMBER" is null then 'The order has no AAG ORDER NUMBER.' end,
            case when "CUSTOMER" is null then 'The order has no CUSTOMER NAME.' end,
            case when "STYLE" is null then 'The order has no CUSTOMER STYLE.' end,
            case when "COLOR" is null then 'The order has no CUSTOMER COLOUR DESCRIPTION.' end
        ),
        ''
    ) as REASONS,
    sha256(concat(
        hashed(ITEM_NAME),
        hashed(GROUP_NAME),
        hashed("AAG ORDER NUMBER"),
        hashed("AAG SEASON"),
        hashed("CUSTOMER ALT PO"),
        hashed("CUSTOMER SEASON"),
        hashed("ORDER DATE PO RECEIVED"),
        hashed("DROP"),
        hashed("PO NUMBER"),
        hashed("PATTERN ID"),
        hashed("STYLE DESCRIPTION"),
        hashed("CATEGORY"),
        hashed("UNIT OF MEASURE"),
        hashed("ORDER TYPE"),
        hashed("DESTINATION"),
        hashed("DESTINATION WAREHOUSE"),
        hashed("DELIVERY TERMS"),
        hashed("PLANNED DELIVERY METHOD"),
        hashed("NOTES"),
        hashed("CUSTOMER PRICE"),
        hashed("USA ONLY LSTP 75% EX WORKS"),
        hashed("EX WORKS (USD)"),
        hashed("ADMINISTRATION FEE"),
        hashed("DESIGN FEE"),
        hashed("FX CHARGE"),
        hashed("HANDLING"),
        hashed("SURCHARGE FEE"),
        hashed("DISCOUNT"),
        hashed("FINAL FOB (USD)"),
        hashed("HS CODE"),
        hashed("US DUTY RATE"),
        hashed("US DUTY"),
        hashed("FREIGHT"),
        hashed("US TARIFF RATE"),
        hashed("US TARIFF"),
        hashed("DDP US (USD)"),
        hashed("SMS PRICE USD"),
        hashed("FINAL PRICES Y/N"),
        hashed("NOTES FOR PRICE"),
        hashed("CUSTOMER"),
        hashed("STYLE"),
        hashed("ALIAS RELATED ITEM"),
        hashed("COLOR"),
        hashed("CUSTOMER REQ IN DC DATE"),
        hashed("CUSTOMER EX FACTORY DATE"),
        hashed("RANGE / COLLECTION")
    )) as ROW_HASH
from named;

-- Each quantity once.
create or replace temp table cells as
select
    cells.SOURCE_ROW,
    cells.SIZE_COLUMN,
    coalesce(labels.SIZE_LABEL, cells.SIZE_COLUMN) as SIZE_LABEL,
    cells.ORDER_QTY
from (
    unpivot (
        select row_number() over () as SOURCE_ROW, cast(columns(getvariable('sizes')) as bigint)
        from ORDERS_UNIFIED
    )
    on columns(* exclude (SOURCE_ROW)) into name SIZE_COLUMN value ORDER_QTY
) as cells
left join read_csv('seeds/size_labels.csv', header = true, all_varchar = true) as labels
    on cells.SIZE_COLUMN = labels.SIZE_COLUMN
where cells.ORDER_QTY <> 0;

-- Where each size stands.
create or replace temp table places as
select coalesce(labels.SIZE_LABEL, names.SIZE_COLUMN) as SIZE_LABEL, min(names.SIZE_POSITION) as SIZE_POSITION
from (
    select unnest(getvariable('sizes')) as SIZE_COLUMN, generate_subscripts(getvariable('sizes'), 1) as SIZE_POSITION
) as names
left join read_csv('seeds/size_labels.csv', header = true, all_varchar = true) as labels
    on names.SIZE_COLUMN = labels.SIZE_COLUMN
group by all;

-- Orders that share a number are told apart by what they order; the others keep their number as it is.
create or replace temp table numbered as
with
sharing as (
    select *
    from orders
    where KEY_BASE in (select KEY_BASE from orders group by KEY_BASE having count(*) > 1)
),

size_lists as (
    select SOURCE_ROW, string_agg(concat(SIZE_COLUMN, '=', ORDER_QTY), ';' order by SIZE_COLUMN) as SIZE_LIST
    from cells
    where SOURCE_ROW in (select SOURCE_ROW from sharing)
    group by SOURCE_ROW
)

select
    SOURCE_ROW,
    row_number() over (
        partition by KEY_BASE
        order by
            REASONS is not null,
            capitals(coalesce("STYLE", '')),
            capitals(coalesce("COLOR", '')),
            capitals(coalesce("PO NUMBER", '')),
            capitals(coalesce("CUSTOMER ALT PO", '')),
            capitals(coalesce("PLANNED DELIVERY METHOD", '')),
            capitals(coalesce("DESTINATION", '')),
            "TOTAL QTY" nulls first,
            ROW_HASH,
            coalesce(SIZE_LIST, '')
    ) as OCCURRENCE
from sharing
left join size_lists using (SOURCE_ROW);

-- Desired against confirmed, orders first.
create or replace temp table compared as
with
keyed as (
    select
        SOURCE_ROW,
        case when OCCURRENCE > 1 then KEY_BASE || '#' || OCCURRENCE else KEY_BASE end as LONG_KEY,
        REASONS,
        ROW_HASH,
        left("CUSTOMER", 255) as BATCH_CUSTOMER,
        "ORDER TYPE"
    from orders
    left join numbered using (SOURCE_ROW)
),

confirmed as (
    select ORDER_KEY, ROW_HASH, MONDAY_ITEM_ID
    from MON_CustMasterSchedule
    where MONDAY_ITEM_ID is not null and ARCHIVED_AT is null
),

failures as (
    select
        ORDER_KEY,
        ROW_HASH,
        max(ATTEMPT) as ATTEMPTS,
        bool_or(not RETRYABLE or MAX_RETRIES_REACHED) as IS_BLOCKED
    from ERR_MON_CustMasterSchedule
    where RESOLVED_AT is null and MAPPING_HASH = getvariable('mapping_hash')
    group by all
)

select
    keyed.SOURCE_ROW,
    case when units(LONG_KEY) <= 255 then LONG_KEY end as ORDER_KEY,
    keyed.BATCH_CUSTOMER,
    case
        when units(LONG_KEY) > 255
            then concat_ws('; ', REASONS, 'The key made of the AAG ORDER NUMBER is longer than 255 characters.')
        else REASONS
    end as REASONS,
    case
        when confirmed.ORDER_KEY is null then 'CREATE'
        when confirmed.ROW_HASH is distinct from keyed.ROW_HASH then 'UPDATE'
    end as CHANGE_TYPE,
    confirmed.MONDAY_ITEM_ID,
    keyed."ORDER TYPE" is not distinct from 'CANCELLED' as IS_CANCELLED,
    coalesce(failures.ATTEMPTS, 0) as ATTEMPTS,
    coalesce(failures.IS_BLOCKED, false) as IS_BLOCKED
from keyed
left join confirmed
    on keyed.LONG_KEY = confirmed.ORDER_KEY
left join failures
    on keyed.LONG_KEY = failures.ORDER_KEY and keyed.ROW_HASH = failures.ROW_HASH;

-- Then their sizes.
create or replace temp table compared_sizes as
with
qualified as (
    select * from compared where REASONS is null
),

desired as (
    select ORDER_KEY, SIZE_LABEL, cast(sum(ORDER_QTY) as bigint) as ORDER_QTY
    from cells
    inner join qualified using (SOURCE_ROW)
    where ORDER_QTY > 0 and not IS_CANCELLED
    group by all
),

confirmed as (
    select qualified.ORDER_KEY, subitems.SIZE_LABEL, subitems.ORDER_QTY, subitems.MONDAY_SUBITEM_ID
    from MON_CustMasterSchedule_Subitems as subitems
    inner join qualified
        on subitems.ORDER_KEY = qualified.ORDER_KEY and subitems.MONDAY_PARENT_ITEM_ID = qualified.MONDAY_ITEM_ID
    where subitems.MONDAY_SUBITEM_ID is not null
),

changed as (
    select
        ORDER_KEY,
        SIZE_LABEL,
        coalesce(desired.ORDER_QTY, 0) as ORDER_QTY,
        case when MONDAY_SUBITEM_ID is null then 'CREATE' else 'UPDATE' end as CHANGE_TYPE,
        MONDAY_SUBITEM_ID,
        sha256(hashed(SIZE_LABEL) || hashed(coalesce(desired.ORDER_QTY, 0))) as ROW_HASH
    from desired
    full join confirmed using (ORDER_KEY, SIZE_LABEL)
    where MONDAY_SUBITEM_ID is null or confirmed.ORDER_QTY is distinct from coalesce(desired.ORDER_QTY, 0)
),

failures as (
    select
        ORDER_KEY,
        SIZE_LABEL,
        ROW_HASH,
        max(ATTEMPT) as ATTEMPTS,
        bool_or(not RETRYABLE or MAX_RETRIES_REACHED) as IS_BLOCKED
    from ERR_MON_CustMasterSchedule_Subitems
    where RESOLVED_AT is null and MAPPING_HASH = getvariable('mapping_hash')
    group by all
)

select
    qualified.SOURCE_ROW,
    changed.*,
    qualified.BATCH_CUSTOMER,
    qualified.MONDAY_ITEM_ID as MONDAY_PARENT_ITEM_ID,
    coalesce(failures.ATTEMPTS, 0) as ATTEMPTS
from changed
inner join qualified using (ORDER_KEY)
left join failures using (ORDER_KEY, SIZE_LABEL, ROW_HASH)
where
    not coalesce(failures.IS_BLOCKED, false)
    and not (qualified.IS_BLOCKED and qualified.MONDAY_ITEM_ID is null);

create or replace temp table batches as
select
    BATCH_CUSTOMER,
    getvariable('batch') || lpad(cast(row_number() over (order by BATCH_CUSTOMER) as varchar), 3, '0') as BATCH_ID
from (
    select BATCH_CUSTOMER
    from compared
    where REASONS is null and CHANGE_TYPE is not null and not IS_BLOCKED
    union
    select BATCH_CUSTOMER from compared_sizes
);

-- What is staged.
create or replace temp macro changed(name, desired, confirmed) as
    case when desired is distinct from confirmed then ',"' || name || '"' else '' end;

create or replace table by_hand.STG_MON_CustMasterSchedule as
select
    compared.ORDER_KEY,
    batches.BATCH_ID,
    compared.BATCH_CUSTOMER,
    left(orders.SOURCE_CUSTOMER, 255) as SOURCE_CUSTOMER,
    compared.CHANGE_TYPE,
    case
        when compared.CHANGE_TYPE = 'UPDATE'
            then '[' || substring(
                coalesce(
                    nullif(
                        concat(
                            changed('ITEM_NAME', orders.ITEM_NAME, confirmed.ITEM_NAME),
                            changed('GROUP_NAME', orders.GROUP_NAME, confirmed.GROUP_NAME),
                            changed('AAG ORDER NUMBER', orders."AAG ORDER NUMBER", confirmed."AAG ORDER NUMBER"),
                            changed('AAG SEASON', orders."AAG SEASON", confirmed."AAG SEASON"),
                            changed('CUSTOMER ALT PO', orders."CUSTOMER ALT PO", confirmed."CUSTOMER ALT PO"),
                            changed('CUSTOMER SEASON', orders."CUSTOMER SEASON", confirmed."CUSTOMER SEASON"),
                            changed(
                                'ORDER DATE PO RECEIVED',
                                orders."ORDER DATE PO RECEIVED",
                                confirmed."ORDER DATE PO RECEIVED"
                            ),
                            changed('DROP', orders."DROP", confirmed."DROP"),
                            changed('PO NUMBER', orders."PO NUMBER", confirmed."PO NUMBER"),
                            changed('PATTERN ID', orders."PATTERN ID", confirmed."PATTERN ID"),
                            changed('STYLE DESCRIPTION', orders."STYLE DESCRIPTION", confirmed."STYLE DESCRIPTION"),
                            changed('CATEGORY', orders."CATEGORY", confirmed."CATEGORY"),
                            changed('UNIT OF MEASURE', orders."UNIT OF MEASURE", confirmed."UNIT OF MEASURE"),
                            changed('ORDER TYPE', orders."ORDER TYPE", confirmed."ORDER TYPE"),
                            changed('DESTINATION', orders."DESTINATION", confirmed."DESTINATION"),
                            changed(
                                'DESTINATION WAREHOUSE',
                                orders."DESTINATION WAREHOUSE",
                                confirmed."DESTINATION WAREHOUSE"
                            ),
                            changed('DELIVERY TERMS', orders."DELIVERY TERMS", confirmed."DELIVERY TERMS"),
                            changed(
                                'PLANNED DELIVERY METHOD',
                                orders."PLANNED DELIVERY METHOD",
                                confirmed."PLANNED DELIVERY METHOD"
                            ),
                            changed('NOTES', orders."NOTES", confirmed."NOTES"),
                            changed('CUSTOMER PRICE', orders."CUSTOMER PRICE", confirmed."CUSTOMER PRICE"),
                            changed(
                                'USA ONLY LSTP 75% EX WORKS',
                                orders."USA ONLY LSTP 75% EX WORKS",
                                confirmed."USA ONLY LSTP 75% EX WORKS"
                            ),
                            changed('EX WORKS (USD)', orders."EX WORKS (USD)", confirmed."EX WORKS (USD)"),
                            changed('ADMINISTRATION FEE', orders."ADMINISTRATION FEE", confirmed."ADMINISTRATION FEE"),
                            changed('DESIGN FEE', orders."DESIGN FEE", confirmed."DESIGN FEE"),
                            changed('FX CHARGE', orders."FX CHARGE", confirmed."FX CHARGE"),
                            changed('HANDLING', orders."HANDLING", confirmed."HANDLING"),
                            changed('SURCHARGE FEE', orders."SURCHARGE FEE", confirmed."SURCHARGE FEE"),
                            changed('DISCOUNT', orders."DISCOUNT", confirmed."DISCOUNT"),
                            changed('FINAL FOB (USD)', orders."FINAL FOB (USD)", confirmed."FINAL FOB (USD)"),
                            changed('HS CODE', orders."HS CODE", confirmed."HS CODE"),
                            changed('US DUTY RATE', orders."US DUTY RATE", confirmed."US DUTY RATE"),
                            changed('US DUTY', orders."US DUTY", confirmed."US DUTY"),
                            changed('FREIGHT', orders."FREIGHT", confirmed."FREIGHT"),
                            changed('US TARIFF RATE', orders."US TARIFF RATE", confirmed."US TARIFF RATE"),
                            changed('US TARIFF', orders."US TARIFF", confirmed."US TARIFF"),
                            changed('DDP US (USD)', orders."DDP US (USD)", confirmed."DDP US (USD)"),
                            changed('SMS PRICE USD', orders."SMS PRICE USD", confirmed."SMS PRICE USD"),
                            changed('FINAL PRICES Y/N', orders."FINAL PRICES Y/N", confirmed."FINAL PRICES Y/N"),
                            changed('NOTES FOR PRICE', orders."NOTES FOR PRICE", confirmed."NOTES FOR PRICE"),
                            changed('CUSTOMER', orders."CUSTOMER", confirmed."CUSTOMER"),
                            changed('STYLE', orders."STYLE", confirmed."STYLE"),
                            changed('ALIAS RELATED ITEM', orders."ALIAS RELATED ITEM", confirmed."ALIAS RELATED ITEM"),
                            changed('COLOR', orders."COLOR", confirmed."COLOR"),
                            changed(
                                'CUSTOMER REQ IN DC DATE',
                                orders."CUSTOMER REQ IN DC DATE",
                                confirmed."CUSTOMER REQ IN DC DATE"
                            ),
                            changed(
                                'CUSTOMER EX FACTORY DATE',
                                orders."CUSTOMER EX FACTORY DATE",
                                confirmed."CUSTOMER EX FACTORY DATE"
                            ),
                            changed('RANGE / COLLECTION', orders."RANGE / COLLECTION", confirmed."RANGE / COLLECTION")
                        ),
                        ''
                    ),
                    ',"ITEM_NAME","GROUP_NAME","AAG ORDER NUMBER","AAG SEASON","CUSTOMER ALT PO"'
                    || ',"CUSTOMER SEASON","ORDER DATE PO RECEIVED","DROP","PO NUMBER","PATTERN ID"'
                    || ',"STYLE DESCRIPTION","CATEGORY","UNIT OF MEASURE","ORDER TYPE","DESTINATION"'
                    || ',"DESTINATION WAREHOUSE","DELIVERY TERMS","PLANNED DELIVERY METHOD","NOTES","CUSTOMER PRICE"'
                    || ',"USA ONLY LSTP 75% EX WORKS","EX WORKS (USD)","ADMINISTRATION FEE","DESIGN FEE","FX CHARGE"'
                    || ',"HANDLING","SURCHARGE FEE","DISCOUNT","FINAL FOB (USD)","HS CODE","US DUTY RATE","US DUTY"'
                    || ',"FREIGHT","US TARIFF RATE","US TARIFF","DDP US (USD)","SMS PRICE USD","FINAL PRICES Y/N"'
                    || ',"NOTES FOR PRICE","CUSTOMER","STYLE","ALIAS RELATED ITEM","COLOR","CUSTOMER REQ IN DC DATE"'
                    || ',"CUSTOMER EX FACTORY DATE","RANGE / COLLECTION"'
                ),
                2
            ) || ']'
    end as CHANGED_COLUMNS,
    case when compared.CHANGE_TYPE = 'UPDATE' then confirmed.ROW_HASH end as CONFIRMED_HASH,
    orders.ROW_HASH,
    getvariable('mapping_hash') as MAPPING_HASH,
    compared.MONDAY_ITEM_ID,
    compared.ATTEMPTS,
    now() as STAGED_AT,
    orders.* exclude (SOURCE_ROW, SOURCE_CUSTOMER, ROW_HASH, KEY_BASE, REASONS)
from compared
inner join orders using (SOURCE_ROW)
inner join batches using (BATCH_CUSTOMER)
left join MON_CustMasterSchedule as confirmed using (ORDER_KEY)
where compared.REASONS is null and compared.CHANGE_TYPE is not null and not compared.IS_BLOCKED;

create or replace table by_hand.STG_MON_CustMasterSchedule_Subitems as
select
    sizes.ORDER_KEY,
    sizes.SIZE_LABEL,
    coalesce(places.SIZE_POSITION, 10000) as SIZE_POSITION,
    'Size ' || sizes.SIZE_LABEL as SUBITEM_NAME,
    sizes.ORDER_QTY,
    sizes.CHANGE_TYPE,
    sizes.MONDAY_PARENT_ITEM_ID,
    sizes.MONDAY_SUBITEM_ID,
    batches.BATCH_ID,
    sizes.BATCH_CUSTOMER,
    left(orders.SOURCE_CUSTOMER, 255) as SOURCE_CUSTOMER,
    orders."PO NUMBER",
    orders."AAG SEASON",
    orders."CUSTOMER SEASON",
    sizes.ROW_HASH,
    getvariable('mapping_hash') as MAPPING_HASH,
    sizes.ATTEMPTS,
    now() as STAGED_AT
from compared_sizes as sizes
inner join orders using (SOURCE_ROW)
inner join batches using (BATCH_CUSTOMER)
left join places using (SIZE_LABEL);

create or replace table by_hand.STG_MON_RejectedOrders as
select
    orders.SOURCE_ROW,
    compared.BATCH_CUSTOMER,
    left(orders.SOURCE_CUSTOMER, 255) as SOURCE_CUSTOMER,
    orders."AAG ORDER NUMBER",
    orders."STYLE",
    orders."COLOR",
    orders."PO NUMBER",
    compared.REASONS,
    now() as STAGED_AT
from compared
inner join orders using (SOURCE_ROW)
where compared.REASONS is not null;
