-- Customers whose removals the guard holds back.
select BATCH_CUSTOMER, CONFIRMED_ITEMS, LEAVING_ITEMS from {{ table("STG_MON_HeldRemovals") }} order by BATCH_CUSTOMER
