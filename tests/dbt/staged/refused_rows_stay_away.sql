-- A row that was refused for good, or tried as often as allowed, would be refused again at every push and use up the
-- calls of a day. It comes back when its data or the mapping changes, or when somebody asks for it.
select
    staged.ORDER_KEY,
    cast(null as nvarchar(100)) as SIZE_LABEL
from {{ ref('stg_mon_custmasterschedule') }} as staged
inner join {{ source('monday', 'ERR_MON_CustMasterSchedule') }} as failed
    on
        {{ exact('staged.ORDER_KEY') }} = {{ exact('failed.ORDER_KEY') }}
        and {{ exact('staged.ROW_HASH') }} = {{ exact('failed.ROW_HASH') }}
        and {{ exact('staged.MAPPING_HASH') }} = {{ exact('failed.MAPPING_HASH') }}
where
    failed.RESOLVED_AT is null
    and coalesce(failed.ERROR_CLASS, '') <> 'CELL'
    and (cast(failed.RETRYABLE as int) = 0 or cast(failed.MAX_RETRIES_REACHED as int) = 1)

union all

select
    staged.ORDER_KEY,
    staged.SIZE_LABEL
from {{ ref('stg_mon_custmasterschedule_subitems') }} as staged
inner join {{ source('monday', 'ERR_MON_CustMasterSchedule_Subitems') }} as failed
    on
        {{ exact('staged.ORDER_KEY') }} = {{ exact('failed.ORDER_KEY') }}
        and {{ exact('staged.SIZE_LABEL') }} = {{ exact('failed.SIZE_LABEL') }}
        and {{ exact('staged.ROW_HASH') }} = {{ exact('failed.ROW_HASH') }}
        and {{ exact('staged.MAPPING_HASH') }} = {{ exact('failed.MAPPING_HASH') }}
where
    failed.RESOLVED_AT is null
    and coalesce(failed.ERROR_CLASS, '') <> 'CELL'
    and (cast(failed.RETRYABLE as int) = 0 or cast(failed.MAX_RETRIES_REACHED as int) = 1)
