"""What SQL Server 2017 knows: functions with their numbers of arguments, types; and words that it doesn't know.

Functions and types are lists of what may be used, so that a function of another engine, or of a later SQL Server, is
found without having been thought of. Only what these models may reasonably need is listed: extend it with a look at
the version in which a function came.
"""

from __future__ import annotations

from typing import Final

from sqlglot import exp

MANY: Final = 10_000

# name -> fewest and most arguments in SQL Server 2017.
FUNCTIONS: Final[dict[str, tuple[int, int]]] = {
    # conversion
    "cast": (1, 1),
    "try_cast": (1, 1),
    "convert": (2, 3),
    "try_convert": (2, 3),
    # text
    "ascii": (1, 1),
    "char": (1, 1),
    "charindex": (2, 3),
    "concat": (2, 254),
    "concat_ws": (3, 254),
    "datalength": (1, 1),
    "left": (2, 2),
    "len": (1, 1),
    "lower": (1, 1),
    "ltrim": (1, 1),
    "nchar": (1, 1),
    "patindex": (2, 2),
    "replace": (3, 3),
    "replicate": (2, 2),
    "reverse": (1, 1),
    "right": (2, 2),
    "rtrim": (1, 1),
    "space": (1, 1),
    "string_agg": (2, 2),
    "string_escape": (2, 2),
    "string_split": (2, 2),
    "stuff": (4, 4),
    "substring": (3, 3),
    "translate": (3, 3),
    "trim": (1, 1),
    "unicode": (1, 1),
    "upper": (1, 1),
    # numbers
    "abs": (1, 1),
    "ceiling": (1, 1),
    "floor": (1, 1),
    "power": (2, 2),
    "round": (2, 3),
    "sign": (1, 1),
    # choice
    "coalesce": (2, MANY),
    "iif": (3, 3),
    "isnull": (2, 2),
    "nullif": (2, 2),
    # dates; getdate and sysdatetime are left out: they give the server's local time
    "dateadd": (3, 3),
    "datediff": (3, 3),
    "datediff_big": (3, 3),
    "datefromparts": (3, 3),
    "day": (1, 1),
    "month": (1, 1),
    "year": (1, 1),
    "getutcdate": (0, 0),
    "sysutcdatetime": (0, 0),
    # aggregates and windows
    "avg": (1, 1),
    "count": (1, 1),
    "count_big": (1, 1),
    "max": (1, 1),
    "min": (1, 1),
    "sum": (1, 1),
    "dense_rank": (0, 0),
    "first_value": (1, 1),
    "lag": (1, 3),
    "last_value": (1, 1),
    "lead": (1, 3),
    "ntile": (1, 1),
    "rank": (0, 0),
    "row_number": (0, 0),
    # other
    "binary_checksum": (1, 1000),
    "hashbytes": (2, 2),
    "json_value": (2, 2),
    "object_id": (1, 2),
    "openjson": (1, 2),
    "quotename": (1, 2),
    "schema_name": (0, 1),
}

RANKING: Final = frozenset({"row_number", "rank", "dense_rank", "ntile", "lag", "lead", "first_value", "last_value"})

# Types with a length, and what must be said of it; nothing said means 30 characters in a cast, silently cut.
NEED_LENGTH: Final = frozenset({"nvarchar", "nchar", "varbinary", "binary", "varchar", "char", "decimal", "numeric"})
# Text without the N in front is one byte a character in the server's code page: all other characters become `?`.
LOSSY_TEXT: Final = frozenset({"varchar", "char", "text"})
TYPES: Final = frozenset(
    {
        *NEED_LENGTH,
        "bigint",
        "bit",
        "date",
        "datetime2",
        "datetimeoffset",
        "float",
        "int",
        "smallint",
        "time",
        "tinyint",
        "uniqueidentifier",
    }
)

# Words in front of a bracket that are no function.
KEYWORDS_BEFORE_BRACKETS: Final = frozenset(
    {
        "all",
        "and",
        "any",
        "apply",
        "as",
        "between",
        "by",
        "case",
        "distinct",
        "else",
        "except",
        "exists",
        "from",
        "group",
        "having",
        "in",
        "inner",
        "intersect",
        "into",
        "is",
        "join",
        "like",
        "not",
        "on",
        "or",
        "order",
        "outer",
        "over",
        "partition",
        "select",
        "some",
        "then",
        "top",
        "union",
        "values",
        "when",
        "where",
        "with",
        "within",
    }
)

# How a finding names a comparison.
PREDICATE_WORDS: Final[dict[str, type[exp.Expr]]] = {
    "=": exp.EQ,
    "<>": exp.NEQ,
    ">": exp.GT,
    "<": exp.LT,
    ">=": exp.GTE,
    "<=": exp.LTE,
    "is": exp.Is,
    "in": exp.In,
    "like": exp.Like,
    "between": exp.Between,
    "exists": exp.Exists,
    "not": exp.Not,
    "or": exp.Or,
}

# Words that no T-SQL of 2017 has, and what to write instead.
FOREIGN_WORDS: Final[dict[str, str]] = {
    "true": "there are no boolean literals: use 1 and 0",
    "false": "there are no boolean literals: use 1 and 0",
    "limit": "use top (n)",
    "qualify": "filter on a column of a CTE",
    "ilike": "compare upper() of both sides",
    "similar": "use like or patindex",
    "regexp": "use like or patindex",
    "glob": "use like or patindex",
    "lateral": "use cross apply",
    "unnest": "use cross apply (values …)",
    "using": "join with on",
    "natural": "join with on",
    "asof": "join with on",
    "semi": "use exists",
    "anti": "use not exists",
    "recursive": "with alone is recursive",
    "filter": "use case inside the aggregate",
    "nulls": "order by a case that ranks nulls",
    "ignore": "ignore nulls came with SQL Server 2022",
    "respect": "respect nulls came with SQL Server 2022",
    "window": "the window clause came with SQL Server 2022",
    "interval": "use dateadd",
    "exclude": "list the columns",
    "columns": "list the columns",
    "array": "there are no arrays",
    "struct": "there are no structs",
    "boolean": "use bit, or int",
    "current_date": "use cast(sysutcdatetime() as date)",
    "current_time": "use sysutcdatetime()",
    "current_timestamp": "it is the server's local time: use sysutcdatetime()",
    "localtimestamp": "use sysutcdatetime()",
    "pragma": "it belongs to another engine",
}

FOREIGN_OPERATORS: Final[dict[str, str]] = {
    "::": "use cast",
    "||": "use concat",
    "->": "use json_value, or a column of its own",
    "->>": "use json_value, or a column of its own",
    "=>": "name nothing in a call",
    "==": "use =",
    "**": "use power",
    "//": "divide integers with /",
    "!": "use not",
    "{": "it belongs to another engine",
    "}": "it belongs to another engine",
    "$": "it belongs to another engine",
    "?": "it belongs to another engine",
    ":": "it belongs to another engine",
    ";": "dbt wraps the statement in a view: it must not end by itself",
}
