-- What `python -m sync migrate` did, and when.
create table {{ target }} (
    APPLIED_AT {{ time }} not null, VERSION {{ short(20) }} not null, CHANGES {{ text }} null
)
