-- Retention: error rows 30 days after resolution, batches and requests 90 days.
delete from {{ table(name) }} where {{ column }} < ?
