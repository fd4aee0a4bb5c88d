{% with target=target, name=name %}{% include "tables/ERR_MON_CustMasterSchedule.sql" %}{% endwith %}
