"""The T-SQL gate itself: it catches each construct, and lets through what SQL Server 2017 takes."""

from __future__ import annotations

import pytest

from tests.models.tsql.gate import check

REFUSED = {
    "a cast of another engine": ("select a::int as b from t", "`::`"),
    "collate inside a cast": ("select cast(a as nvarchar(9) collate Latin1_General_100_BIN2) as b", "`collate` inside"),
    "concatenation by pipes": ("select a || b as c from t", "`||`"),
    "limit": ("select a from t limit 5", "`limit`"),
    "qualify": ("select a from t qualify row_number() over (order by a) = 1", "`qualify`"),
    "null-safe comparison": ("select a from t where a is distinct from b", "`distinct from`"),
    "null-safe equality": ("select a from t where a is not distinct from b", "`distinct from`"),
    "distinct on": ("select distinct on (a) b from t", "`distinct on`"),
    "literal true": ("select true as a from t", "`true`"),
    "literal false in a condition": ("select a from t where b = false", "`false`"),
    "comparison as a column": ("select a = b as c from t", "`=` makes a comparison"),
    "bracketed comparison as a column": ("select (a > 1) as c from t", "`>` makes a comparison"),
    "is null as a column": ("select a is null as c from t", "`is` makes a comparison"),
    "exists as a column": ("select exists (select 1 as x from u) as c from t", "`exists` makes a comparison"),
    "in as a column": ("select a in (1, 2) as c from t", "`in` makes a comparison"),
    "like behind then": ("select case when a = 1 then b like 'x' end as c from t", "`like` makes a comparison"),
    "comparison behind else": ("select case when a = 1 then 0 else b < 2 end as c from t", "`<` makes a comparison"),
    "comparison as an argument": ("select max(a = 1) as c from t", "`=` makes a comparison"),
    "comparison in order": ("select row_number() over (order by a is null) as c from t", "`is` makes a comparison"),
    "comparison in a CTE": ("with x as (select a <> b as c from t) select c from x", "`<>` makes a comparison"),
    "bare column as a condition": ("select a from t where b", "a value where a comparison"),
    "bare column behind and": ("select a from t where a = 1 and b", "a value where a comparison"),
    "bare column behind not": ("select a from t where not b", "a value where a comparison"),
    "bare column behind when": ("select case when b then 1 else 0 end as c from t", "a value where a comparison"),
    "bare column in a join": ("select t.a from t inner join u on u.b", "a value where a comparison"),
    "bare column in iif": ("select iif(a, 1, 0) as b from t", "a value where a comparison"),
    "brackets in a pattern": ("select a from t where b like '[\"%\"]'", "brackets stand for"),
    "greatest": ("select greatest(a, b) as c from t", "`greatest(…)`"),
    "least": ("select least(a, b) as c from t", "`least(…)`"),
    "length": ("select length(a) as c from t", "`length(…)`"),
    "substr": ("select substr(a, 1, 2) as c from t", "`substr(…)`"),
    "regular expressions": ("select regexp_replace(a, 'x', '') as c from t", "`regexp_replace(…)`"),
    "digest of another engine": ("select sha256(a) as c from t", "`sha256(…)`"),
    "date_trunc": ("select date_trunc('day', a) as c from t", "`date_trunc(…)`"),
    "datetrunc of 2022": ("select datetrunc(day, a) as c from t", "`datetrunc(…)`"),
    "generate_series of 2022": ("select value as c from generate_series(1, 5)", "`generate_series(…)`"),
    "json_array of 2022": ("select json_array(a, b) as c from t", "`json_array(…)`"),
    "extract": ("select extract(year from a) as c from t", "`extract(…)`"),
    "local time": ("select getdate() as c", "`getdate(…)`"),
    "bool_and": ("select bool_and(a) as c from t", "`bool_and(…)`"),
    "a function of its own": ("select dbo.clean(a) as c from t", "`.clean(…)`"),
    "string_agg ordered inside": (
        "select string_agg(cast(a as nvarchar(max)), ',' order by a) as c from t",
        "`string_agg(… order by …)`",
    ),
    "string_agg of short text": ("select string_agg(a, ',') as c from t", "beyond 8,000 bytes"),
    "substring without a length": ("select substring(a, 2) as c from t", "takes 3 arguments, not 2"),
    "concat of one": ("select concat(a) as c from t", "takes 2 to 254 arguments, not 1"),
    "concat of too many": (f"select concat({', '.join(['a'] * 255)}) as c from t", "takes 2 to 254 arguments, not 255"),
    "coalesce of one": ("select coalesce(a) as c from t", "takes 2 to 10000 arguments, not 1"),
    "trim of chosen characters": ("select ltrim(a, 'x') as c from t", "takes 1 arguments, not 2"),
    "string_split with positions": ("select value as c from string_split(a, ',', 1)", "takes 2 arguments, not 3"),
    "count of two columns": ("select count(distinct a, b) as c from t", "takes 1 arguments, not 2"),
    "row_number without order": ("select row_number() over (partition by a) as c from t", "`row_number` needs over"),
    "join using": ("select t.a from t inner join u using (a)", "`using`"),
    "natural join": ("select a from t natural join u", "`natural`"),
    "lateral join": ("select a from t cross join lateral (select 1 as b) as x", "`lateral`"),
    "unnest": ("select x from unnest(a) as u", "`unnest`"),
    "filter on an aggregate": ("select count(a) filter (where a = 1) as c from t", "`filter`"),
    "nulls first": ("select row_number() over (order by a nulls first) as c from t", "`nulls`"),
    "interval": ("select a + interval '1 day' as c from t", "`interval`"),
    "ilike": ("select a from t where a ilike 'x'", "`ilike`"),
    "star with an exclusion": ("select * exclude (a) from t", "`exclude`"),
    "recursive": ("with recursive x as (select 1 as a) select a from x", "`recursive`"),
    "except all": ("select a from t except all select a from u", "`except all`"),
    "group by position": ("select a, count(a) as c from t group by 1", "`group by` a position"),
    "group by all": ("select a, count(a) as c from t group by all", "`group by all`"),
    "order in a view": ("select a from t order by a", "`order by` without top"),
    "order in a CTE": ("with x as (select a from t order by a) select a from x", "`order by` without top"),
    "CTE inside brackets": ("select a from (with x as (select 1 as a) select a from x) as y", "`with` inside brackets"),
    "derived table without a name": ("select a from (select a from t) where a = 1", "a derived table without a name"),
    "column without a name": ("select a, count(*) from t group by a", "a column without a name"),
    "CTE column without a name": ("with x as (select 1) select * from x", "a column without a name"),
    "rows compared as a whole": ("select a from t where (a, b) in (select a, b from u)", "compare their columns"),
    "type text": ("select cast(a as text) as c from t", "`text` is no type"),
    "type boolean": ("select cast(a as boolean) as c from t", "`boolean`"),
    "type timestamp": ("select cast(a as timestamp) as c from t", "`timestamp` is no type"),
    "type double": ("select cast(a as double) as c from t", "`double` is no type"),
    "varchar": ("select cast(a as varchar(20)) as c from t", "loses every character"),
    "converted varchar": ("select convert(varchar(20), a) as c from t", "loses every character"),
    "nvarchar without a length": ("select cast(a as nvarchar) as c from t", "without a length"),
    "decimal without digits": ("select try_cast(a as decimal) as c from t", "without a length"),
    "literal outside ASCII": ("select '…' as c from t", "write it as N'…'"),
    "back ticks": ("select `a` as c from t", "is no T-SQL"),
    "lambda": ("select list_transform(a, x -> x + 1) as c from t", "`->`"),
    "trailing comma": ("select a, b, from t", "a comma with nothing behind it"),
    "end of statement": ("select a from t;", "`;`"),
    "server's local clock": ("select current_timestamp as c", "`current_timestamp`"),
    "unpaired bracket": ("select (a from t", "is no T-SQL"),
    "surplus bracket": ("select a) from t", "is no T-SQL"),
    "name too long": (f'select "{"x" * 129}" from t', "128 characters"),
}


@pytest.mark.parametrize(("sql", "expected"), [pytest.param(*case, id=name) for name, case in REFUSED.items()])
def test_the_gate_catches(sql: str, expected: str) -> None:
    assert any(expected in str(finding) for finding in check(sql)), [str(finding) for finding in check(sql)]


TAKEN = {
    "types and conversions": (
        'select cast(a as nvarchar(max)) as "A B", try_cast(b as decimal(18, 4)) as c,'
        " lower(convert(char(64), hashbytes('SHA2_256', a), 2)) as h from t"
    ),
    "bytes of ASCII text": (
        "select convert(varbinary(max), cast(a as varchar(max))) as b,"
        " convert(varbinary(max), (select string_agg(cast(c as varchar(max)), '') as d from u), 2) as e from t"
    ),
    "case, nested and simple": (
        "select case when a = 1 and (b > 2 or not c is null) then case d when 1 then 'x' else 'y' end else N'…' end"
        " as e from t where a not in (1, 2) and b is not null and c between 1 and 2 and d not like 'x%' and not (a = 1)"
    ),
    "windows": (
        "select row_number() over (partition by a order by case when b is null then 0 else 1 end, b desc) as n,"
        " sum(c) over (order by a rows between unbounded preceding and current row) as s from t"
    ),
    "sizes by cross apply": (
        "select o.k, s.label, s.quantity from orders as o"
        " cross apply (values (N'XL', o.\"XL\"), (N'2XL', o.\"2XL\")) as s (label, quantity) where s.quantity > 0"
    ),
    "CTEs with and without columns": (
        "with x as (select a, count(*) as n from t group by a having count(*) > 1), y (p, q) as (select a, n from x)"
        " select p, q from y union all select 1, 2"
    ),
    "exists and scalar subqueries": (
        "select a, (select max(b) from u where u.a = t.a) as m from t"
        " where exists (select 1 from u where u.a = t.a) and not exists (select 1 from v where v.a = t.a)"
    ),
    "derived table": "select d.a from (select a from t) as d left join u on u.a = d.a and (u.b = 1 or u.c is null)",
    "left as a function": "select left(a, 5) as b from t left join u on left(u.a, 5) = left(t.a, 5)",
    "ordered list": (
        "select string_agg(cast(a as nvarchar(max)), ',') within group (order by a) as l from t group by b"
    ),
    "top with order": "select top (5) a from t order by a",
    "trim of chosen characters": "select trim(nchar(160) from a) as b from t",
    "iif": "select iif(a = 1 and b is null, 1, 0) as c from t",
    "quoted names of odd shape": 'select t."FINAL PRICES Y/N", t."30/30", t.[limit], t."true" as "filter" from t',
    "words in literals and comments": "select 'a || b :: true limit' as c /* qualify */ from t -- limit 5",
    "offset of a date": "select dateadd(day, -1, cast(sysutcdatetime() as date)) as d",
    "aggregate of a case": "select sum(case when a = 1 then 1 else 0 end) as n from t where coalesce(a, 0) <> 1",
}


@pytest.mark.parametrize("sql", [pytest.param(sql, id=name) for name, sql in TAKEN.items()])
def test_the_gate_lets_through(sql: str) -> None:
    assert [str(finding) for finding in check(sql)] == []


def test_a_finding_names_its_line() -> None:
    assert [finding.line for finding in check("select\n    a,\n    b::int as c\nfrom t")] == [3]


def test_an_analysis_may_be_ordered() -> None:
    statement = "select a, count(*) from t group by a order by a"
    assert check(statement, becomes_view=False) == []
    assert len(check(statement)) == 2
