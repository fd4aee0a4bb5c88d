-- A field that has another name keeps the values that are confirmed under its old one.
update {{ target }}
set {{ column }} = {{ before }}
where {{ before }} is not null
