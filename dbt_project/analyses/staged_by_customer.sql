-- What the next push will do, customer by customer.
select
    BATCH_CUSTOMER,
    sum(case when CHANGE_TYPE = 'CREATE' then 1 else 0 end) as ITEMS_TO_CREATE,
    sum(case when CHANGE_TYPE = 'UPDATE' then 1 else 0 end) as ITEMS_TO_UPDATE,
    sum(case when CHANGE_TYPE = 'ARCHIVE' then 1 else 0 end) as ITEMS_TO_ARCHIVE,
    count(distinct GROUP_NAME) as GROUPS_TOUCHED
from {{ ref('stg_mon_custmasterschedule') }}
group by BATCH_CUSTOMER
order by BATCH_CUSTOMER
