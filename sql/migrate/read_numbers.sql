-- Texts as numbers, as the version before read them when it sent them: commas and symbols anywhere. So the table goes on to
-- say what the board shows. What is no number becomes 0, not null: the board shows something, which the next build changes.
update {{ target }}
set
    {{ column }} = coalesce(try_cast(replace(replace(replace(replace(replace(replace(
        {{ column }}, '$', ''), ',', ''), '%', ''), ' ', ''), ')', ''), '(', '-') as decimal(18, 4)), 0)
where {{ column }} is not null
