-- What became of batches, from the ledger, the error tables and staging: the same figures whoever asks, be it the run
-- that works on a batch, one that ends a dead run's, or what a run says at its end.

-- Names and sources of the figures that are counted over the rows of the ledger that got through.
{% set _done = {
    "ITEMS_CREATED": "r.LEVEL = 'ITEM' and r.CHANGE_TYPE = 'CREATE'",
    "ITEMS_UPDATED": "r.LEVEL = 'ITEM' and r.CHANGE_TYPE not in ('CREATE', 'ARCHIVE')",
    "ITEMS_ARCHIVED": "r.LEVEL = 'ITEM' and r.CHANGE_TYPE = 'ARCHIVE'", "ITEMS_SUCCEEDED": "r.LEVEL = 'ITEM'",
    "SUBITEMS_CREATED": "r.LEVEL = 'SUBITEM' and r.CHANGE_TYPE = 'CREATE'",
    "SUBITEMS_UPDATED": "r.LEVEL = 'SUBITEM' and r.CHANGE_TYPE <> 'CREATE'",
    "SUBITEMS_SUCCEEDED": "r.LEVEL = 'SUBITEM'", "GROUPS_CREATED": "r.LEVEL = 'GROUP'",
    "SURPLUS_REMOVED": "r.LEVEL = 'KEY' and r.CHANGE_TYPE = 'ARCHIVE'",
    "ROWS_ADOPTED": "r.OUTCOME = 'ADOPTED' and r.LEVEL in ('ITEM', 'SUBITEM')",
} %}
-- Figures that the table of batches keeps, too, and the expressions that count them.
{% set _kept = {
    "ITEMS_SUCCEEDED": "d", "SUBITEMS_SUCCEEDED": "d", "GROUPS_CREATED": "d", "CELLS_LEFT_OUT": "f", "API_CALLS": "c",
    "API_RETRIES": "c", "COMPLEXITY_USED": "c",
} %}
{% set _levels = ["ITEM", "SUBITEM"] %}

-- _kept_figure(name, by_run): One of these; what an earlier version counted and the ledger doesn't hold, stays counted.
{% set now = "coalesce(" ~ _kept[name] ~ "." ~ name ~ ", 0)" %}
{{ now if by_run else q.greater("coalesce(b." ~ name ~ ", 0)", now) }}

-- _figures(by_run, staged, selection=(), targeted=false): Common table expressions, the last of which, `figures`, has a
-- row a batch. `by_run`: of one run alone; else of the batch as a whole. `staged`: what is left is read from staging;
-- else it is what was planned and neither got through nor failed. Parameters: the batches as JSON; by_run: the run;
-- staged: the targeted batch where there is one and those of `chosen`, for orders, then the same for sizes.
with scope as (
    select b.* from {{ _batches }} as b where b.BATCH_ID in {{ q.listed("BATCH_ID") }}
),
requests as (
    select a.REQUEST_ID, a.RUN_ID, a.ATTEMPTS, a.ROW_COUNT, a.COMPLEXITY_COST, a.RECORDED_AT, a.SENT_AT, a.FINISHED_AT
    from {{ _requests }} as a {{ "where a.RUN_ID = ?" if by_run }}
),
carried as (
    select s.BATCH_ID, r.LEVEL, r.CHANGE_TYPE, {{ q.bin("r.ROW_KEY") }} as ROW_KEY, r.OUTCOME, a.REQUEST_ID, a.ATTEMPTS,
        a.ROW_COUNT, a.COMPLEXITY_COST, a.RECORDED_AT, a.SENT_AT, a.FINISHED_AT
    from {{ _rows }} as r
    inner join requests as a on a.REQUEST_ID = r.REQUEST_ID
    inner join scope as s on s.BATCH_ID = {{ q.bin("r.BATCH_ID") }}
),
-- By row first: a count of distinct rows for each figure would cost a table each, on either engine.
by_row as (
    select r.BATCH_ID, r.LEVEL, r.ROW_KEY,
{% for name, condition in _done.items() %}
        max(case when r.OUTCOME in ('OK', 'ADOPTED') and {{ condition }} then 1 else 0 end) as {{ name }},
{% endfor %}
        min(case when r.SENT_AT is not null then r.RECORDED_AT end) as STARTED_AT,
        max(case when r.SENT_AT is not null then r.FINISHED_AT end) as FINISHED_AT
    from carried as r
    group by r.BATCH_ID, r.LEVEL, r.ROW_KEY
),
done as (
    select r.BATCH_ID,
{% for name in _done %}
        cast(sum(r.{{ name }}) as {{ bigint }}) as {{ name }},
{% endfor %}
        min(case when r.LEVEL = 'ITEM' then r.STARTED_AT end) as ITEMS_STARTED_AT,
        max(case when r.LEVEL = 'ITEM' then r.FINISHED_AT end) as ITEMS_FINISHED_AT,
        min(case when r.LEVEL = 'SUBITEM' then r.STARTED_AT end) as SUBITEMS_STARTED_AT,
        max(case when r.LEVEL = 'SUBITEM' then r.FINISHED_AT end) as SUBITEMS_FINISHED_AT
    from by_row as r
    group by r.BATCH_ID
),
cost as (
    select p.BATCH_ID,
        cast(ceiling(sum(1.0 * p.ATTEMPTS * p.CARRIED / p.ROW_COUNT) - 0.000001) as {{ bigint }}) as API_CALLS,
        cast(round(sum(1.0 * (p.ATTEMPTS - 1) * p.CARRIED / p.ROW_COUNT), 0) as {{ bigint }}) as API_RETRIES,
        cast(round(sum(1.0 * coalesce(p.COMPLEXITY_COST, 0) * p.CARRIED / p.ROW_COUNT), 0) as {{ bigint }})
            as COMPLEXITY_USED
    from (
        select r.BATCH_ID, r.REQUEST_ID, r.ATTEMPTS, r.ROW_COUNT, r.COMPLEXITY_COST, count(*) as CARRIED
        from carried as r where r.ATTEMPTS > 0 and r.FINISHED_AT is not null and r.ROW_COUNT > 0
        group by r.BATCH_ID, r.REQUEST_ID, r.ATTEMPTS, r.ROW_COUNT, r.COMPLEXITY_COST
    ) as p
    group by p.BATCH_ID
),
errors as (
{% for level in _levels %}
    select s.BATCH_ID, '{{ level }}' as LEVEL, {{ q.row_key(level, "e") }} as ROW_KEY, e.ERROR_CLASS,
        case
            when e.ERROR_CLASS = 'CELL' or e.RESOLVED_AT is not null then 0
            {{ "else 1" if by_run else "when " ~ q.holds_back("e") ~ " or a.RUN_ID = s.RUN_ID then 1 else 0" }}
        end as FAILS
    from {{ q.errors(level) }} as e
    inner join scope as s on s.BATCH_ID = {{ q.bin("e.BATCH_ID") }}
    {{ "inner" if by_run else "left" }} join requests as a on a.REQUEST_ID = {{ q.bin("e.REQUEST_ID") }}
    {{ "union all" if not loop.last }}
{% endfor %}
),
failed as (
    select e.BATCH_ID,
        count(distinct case when e.FAILS = 1 and e.LEVEL = 'ITEM' then e.ROW_KEY end) as ITEMS_FAILED,
        count(distinct case when e.FAILS = 1 and e.LEVEL = 'SUBITEM' then e.ROW_KEY end) as SUBITEMS_FAILED,
        count(case when e.ERROR_CLASS = 'CELL' then 1 end) as CELLS_LEFT_OUT
    from errors as e
    group by e.BATCH_ID
),
{% if staged %}
waiting as (
    select w.BATCH_ID, count(case when w.LEVEL = 'ITEM' then 1 end) as ITEMS_LEFT,
        count(case when w.LEVEL = 'SUBITEM' then 1 end) as SUBITEMS_LEFT
    from (
{% for level in _levels %}
        select {{ "cast(? as " ~ short(64) ~ ")" if targeted else "s.BATCH_ID" }} as BATCH_ID, '{{ level }}' as LEVEL,
            {{ q.row_key(level, "s") }} as ROW_KEY
        {{ q.staged_work(level, selection) }}
        {{ "union all" if not loop.last }}
{% endfor %}
    ) as w
    where not exists (
        select 1 from errors as e
        where e.BATCH_ID = {{ q.bin("w.BATCH_ID") }} and e.LEVEL = w.LEVEL and e.ROW_KEY = w.ROW_KEY and e.FAILS = 1
    )
    group by w.BATCH_ID
),
{% endif %}
figures as (
    select b.BATCH_ID, d.ITEMS_STARTED_AT, d.ITEMS_FINISHED_AT, d.SUBITEMS_STARTED_AT, d.SUBITEMS_FINISHED_AT,
        {{ q.last_lived() ~ " as LAST_LIVED," if not staged }}
{% for level in ["ITEMS", "SUBITEMS"] %}
        {% set failed, done = "coalesce(f." ~ level ~ "_FAILED, 0)", _kept_figure(level ~ "_SUCCEEDED", by_run) %}
        {{ failed }} as {{ level }}_FAILED, {{ "coalesce(w." ~ level ~ "_LEFT, 0)" if staged
            else q.greater("b." ~ level ~ "_PLANNED - " ~ done ~ " - " ~ failed, "0") }} as {{ level }}_LEFT,
{% endfor %}
{% for name in _done if by_run and name not in _kept %}
        coalesce(d.{{ name }}, 0) as {{ name }},
{% endfor %}
{% for name in _kept %}
        {{ _kept_figure(name, by_run) }} as {{ name }}{{ "," if not loop.last }}
{% endfor %}
    from scope as b
    left join done as d on d.BATCH_ID = b.BATCH_ID
    left join cost as c on c.BATCH_ID = b.BATCH_ID
    left join failed as f on f.BATCH_ID = b.BATCH_ID
    {{ "left join waiting as w on " ~ q.same(["BATCH_ID"], "b", "w") if staged }}
)

-- open(): Opens batches that aren't there yet.
insert into {{ _batches }} (
    BATCH_ID, CUSTOMER_NAME, BATCH_TYPE, FILTERS, STARTED_AT, STARTED_BY, CONFIG_SNAPSHOT, STATUS, RUN_ID,
    ITEMS_PLANNED, ITEMS_SUCCEEDED, ITEMS_FAILED, ITEMS_LEFT, SUBITEMS_PLANNED, SUBITEMS_SUCCEEDED, SUBITEMS_FAILED,
    SUBITEMS_LEFT, GROUPS_CREATED, API_CALLS, API_RETRIES, COMPLEXITY_USED
)
select j.BATCH_ID, j.CUSTOMER_NAME, j.BATCH_TYPE, ?, ?, ?, ?, 'STARTED', '', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
from {{ q.json_rows(["BATCH_ID", "CUSTOMER_NAME", "BATCH_TYPE"]) }} as j
where not exists (select 1 from {{ _batches }} as b where {{ q.same(["BATCH_ID"], "b", "j") }})

-- begin(): A run takes batches up. Seconds of earlier runs are kept: the time between two counts for none.
{% set began, ended = "coalesce(RUN_STARTED_AT, STARTED_AT)", "coalesce(FINISHED_AT, RUN_STARTED_AT, STARTED_AT)" %}
update {{ _batches }}
set EARLIER_SECONDS = case
        when RUN_ID <> '' then coalesce(EARLIER_SECONDS, 0) + {{ q.seconds(began, ended) }}
    end, RUN_ID = ?, RUN_STARTED_AT = ?, LEASE_UNTIL = ?, FINISHED_AT = null, STATUS = 'STARTED'
where RUN_ID <> ? and BATCH_ID in {{ q.listed("BATCH_ID") }}

-- dead(): Batches of dead runs: they have no end, and their lease is over.
select BATCH_ID from {{ _batches }} where FINISHED_AT is null and RUN_ID <> ? and coalesce(LEASE_UNTIL, STARTED_AT) < ?

-- count(state, selection=(), targeted=false): Brings batches up to date: counters, phase or status, summary. `state`:
-- the run goes on (going); it has ended, perhaps before it had come to all rows (ended, stopped); or the batch is a
-- dead run's (dead). That one ended when its run last showed a sign of life, unless it has an end already: a request of
-- such a run may be settled long after.
{% set done, failed = "(f.ITEMS_SUCCEEDED + f.SUBITEMS_SUCCEEDED)", "(f.ITEMS_FAILED + f.SUBITEMS_FAILED)" %}
{% set left = "(f.ITEMS_LEFT + f.SUBITEMS_LEFT)" %}
{{ _figures(false, state != "dead", selection, targeted) }}

update {{ _batches }} set STATUS = case
{% if state == "going" %}
        when f.ITEMS_LEFT > 0 or f.ITEMS_SUCCEEDED = 0 then 'STARTED'
        when f.SUBITEMS_LEFT > 0 or f.SUBITEMS_SUCCEEDED = 0 then 'ITEMS_CREATED'
        else 'SUBITEMS_CREATED'
{% else %}
        when {{ done }} + {{ failed }} + {{ left }} = 0 then 'NO_RECORDS'
        when {{ failed }} > 0 and {{ done }} < 0.8 * ({{ done }} + {{ failed }}) then 'FAILED'
{% if state == "dead" %}
        when {{ left }} > 0 and {{ _batches }}.STATUS not in ('STOPPED', 'PARTIAL') then 'ABANDONED'
        when {{ left }} > 0 then {{ _batches }}.STATUS
{% elif state == "stopped" %}
        when {{ left }} > 0 then 'STOPPED'
{% endif %}
        when {{ failed }} > 0 then 'COMPLETED_WITH_ERRORS'
        when {{ left }} > 0 then 'PARTIAL'
        else 'COMPLETED'
{% endif %}
    end,
{% for level in ["ITEMS", "SUBITEMS"] %}
    {{ level }}_PLANNED = f.{{ level }}_SUCCEEDED + f.{{ level }}_FAILED + f.{{ level }}_LEFT,
    {% for name in ["SUCCEEDED", "FAILED", "LEFT"] %}{{ level }}_{{ name }} = f.{{ level }}_{{ name }}, {% endfor %}

{% endfor %}
    GROUPS_CREATED = f.GROUPS_CREATED, CELLS_LEFT_OUT = f.CELLS_LEFT_OUT, API_CALLS = f.API_CALLS,
    API_RETRIES = f.API_RETRIES, COMPLEXITY_USED = f.COMPLEXITY_USED,
{% if state == "dead" %}
    FINISHED_AT = coalesce({{ _batches }}.FINISHED_AT, f.LAST_LIVED),
{% else %}
    FINISHED_AT = ?, PREFLIGHT_FINISHED_AT = ?, GROUPS_FINISHED_AT = ?,
{% for level in ["ITEMS", "SUBITEMS"] %}
    {{ level }}_STARTED_AT = coalesce({{ _batches }}.{{ level }}_STARTED_AT, f.{{ level }}_STARTED_AT),
    {{ level }}_FINISHED_AT = coalesce(f.{{ level }}_FINISHED_AT, {{ _batches }}.{{ level }}_FINISHED_AT),
{% endfor %}
{% endif %}
    ERROR_SUMMARY =
{% if state == "going" %}
    null
{% else %}
    case
{% if state == "dead" %}
        when {{ left }} > 0 then coalesce({{ _batches }}.ERROR_SUMMARY, ?)
{% else %}
        when {{ left }} + {{ failed }} > 0 and cast(? as {{ text }}) is not null then ?
{% endif %}
        when {{ failed }} > 0
            then concat({{ failed }}, case when {{ failed }} = 1 then ' record' else ' records' end,
                ' failed; see ERR_MON_CustMasterSchedule and its subitems'' table.')
    end
{% endif %}
from figures as f where {{ _batches }}.BATCH_ID = f.BATCH_ID

-- of_run(selection, targeted): What a run made of its batches.
{{ _figures(true, true, selection, targeted) }}

select b.CUSTOMER_NAME, b.STATUS, f.ITEMS_SUCCEEDED + f.ITEMS_FAILED + f.ITEMS_LEFT as ITEMS_PLANNED,
    f.SUBITEMS_SUCCEEDED + f.SUBITEMS_FAILED + f.SUBITEMS_LEFT as SUBITEMS_PLANNED, f.*
from figures as f
inner join scope as b on b.BATCH_ID = f.BATCH_ID
order by b.STARTED_AT, b.BATCH_ID

-- cells(): Cells that a run left blank, by staged column.
select e.COLUMN_NAME, count(*) as CELLS
from {{ q.all_errors() }}
inner join {{ _requests }} as a on {{ q.same(["REQUEST_ID"], "a", "e") }}
where e.ERROR_CLASS = 'CELL' and a.RUN_ID = ?
group by e.COLUMN_NAME
