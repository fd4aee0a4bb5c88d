-- A page of the board.
{% import "push/_macros.sql" as q with context %}
{% import "adopt/_macros.sql" as a with context %}
insert into {{ a.temp("ADOPT_ITEMS") }} (
    ITEM_ID, ITEM_NAME, GROUP_ID, KEY_TEXT, N_KEY, N_NUMBER, N_STYLE, N_COLOR, N_NAME, PO, ALT_PO, DELIVERY, DESTINATION,
    QTY, CELLS
)
select
    j.ITEM_ID, j.ITEM_NAME, j.GROUP_ID, j.KEY_TEXT, {{ a.norm("left(j.KEY_TEXT, 450)") }}, {{ a.norm("j.NUMBER") }},
    {{ a.norm("j.STYLE") }}, {{ a.norm("j.COLOR") }}, {{ a.norm("j.ITEM_NAME") }},
{% for name in ["PO", "ALT_PO", "DELIVERY", "DESTINATION"] %}
    coalesce({{ a.norm("j." ~ name) }}, ''),
{% endfor %}
    j.QTY, j.CELLS
from {{ q.json_rows([
    ("ITEM_ID", bigint), ("ITEM_NAME", short(255)), ("GROUP_ID", short(255)), ("KEY_TEXT", text), ("NUMBER", short(450)),
    ("STYLE", short(450)), ("COLOR", short(450)), ("PO", short(450)), ("ALT_PO", short(450)), ("DELIVERY", short(450)),
    ("DESTINATION", short(450)), ("QTY", bigint), ("CELLS", text)]) }} as j
