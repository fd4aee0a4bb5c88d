"""Orders that share a number: each keeps its item, with what planners and factory wrote on it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from emulator.config import BOARD_ID
from samples.schema import Row as SourceRow
from tests.e2e.day_two import PELOTON, DayTwo, order
from tests.oracle.board import read_board
from tests.oracle.expected import Options

Item = tuple[int, str]
"""Id of an item, and the figure that the factory wrote on its size."""


def colours(number: str, *names: str, **cells: str) -> list[SourceRow]:
    """One row a colour."""
    return [order(number, sizes={"S": 1}, CUSTOMER_COLOUR_DESCRIPTION=name, **cells) for name in names]


def start(two: DayTwo, rows: Iterable[SourceRow]) -> None:
    """The rows are pushed, and every item of theirs gets a figure of its own."""
    known = {row["ORDER_KEY"] for row in two.sql("from MON_CustMasterSchedule")}
    two.add(*rows)
    two.day()
    two.written()
    for at, row in enumerate(two.sql("from MON_CustMasterSchedule order by ORDER_KEY")):
        if row["ORDER_KEY"] not in known:
            two.hand(row["ORDER_KEY"], {"Cut Qty": str(1000 + at)}, "S")


def items(two: DayTwo, number: str, by: str = "COLOR") -> dict[str, Item]:
    """What stands on the board under an order number, by the value of a column."""
    found: dict[str, Item] = {}
    for item in read_board(two.monday.url, two.monday.token, BOARD_ID).items:
        if item.key is not None and (item.key == number or item.key.startswith(f"{number}#")):
            shown = item.values[by] if by != "Size" else two.cell(item.key, "Order Qty", "S")
            assert str(shown) not in found, (number, shown)
            found[str(shown)] = (int(item.id), str(two.cell(item.key, "Cut Qty", "S")))
    return found


def reload(two: DayTwo) -> None:
    """The same rows in another order, as every load of the sheets makes them."""
    rows = sorted((list(row.values()) for row in two.source()), key=lambda row: hash(str(row[0])))
    two.sql("delete from ORDERS_UNIFIED")
    two.append([[str(uuid.uuid4()), *row[1:]] for row in rows[::-1]])


def black(colour: str) -> str:
    """Condition on the rows of a colour."""
    return f"and \"CUSTOMER COLOUR DESCRIPTION\" = '{colour}'"


def confirmed(two: DayTwo) -> dict[str, int]:
    """Every key with its item, archived ones aside."""
    rows = two.sql("from MON_CustMasterSchedule where ARCHIVED_AT is null")
    return {row["ORDER_KEY"]: row["MONDAY_ITEM_ID"] for row in rows}


def test_each_colour_keeps_its_item(two: DayTwo) -> None:
    three = ("BLACK", "NAVY", "WHITE")
    numbers = ("K-1", "K-2", "K-3", "K-5", "K-6", "K-7", "K-8", "K#9")
    rows = [row for number in numbers for row in colours(number, *three)]
    rows += [order("K-4", sizes={"S": 5}), order("K-4", sizes={"S": 7})]
    rows += [*colours("K-10", "BLACK", PO_NUMBER="1"), *colours("K-10", "NAVY", PO_NUMBER="2")]
    start(two, rows)
    before = {number: items(two, number.replace("#", "##")) for number in (*numbers, "K-10")}
    quantities = items(two, "K-4", "Size")
    assert {len(found) for number, found in before.items() if number != "K-10"} == {3}
    assert len({item for found in before.values() for item in found.values()}) == 26

    two.sql(f"delete from ORDERS_UNIFIED where \"AAG ORDER NUMBER\" = 'K-1' {black('BLACK')}")
    two.add(*colours("K-2", "AMBER"))
    two.edit("K-3", None, black("NAVY"), CUSTOMER_COLOUR_DESCRIPTION="MIDNIGHT")
    two.sql('update ORDERS_UNIFIED set "S" = 9, "TOTAL QTY" = 9 where "AAG ORDER NUMBER" = \'K-4\' and "S" = 5')
    two.add(order("K-5", PELOTON, {"S": 3}, CUSTOMER_COLOUR_DESCRIPTION="BLACK", CUSTOMER_STYLE="A"))
    two.edit("K-6", None, black("NAVY"), CUSTOMER_NAME="\ufeffGreyson\u00a0Clothiers ")
    two.edit("K-7", AAG_ORDER_NUMBER="k-7\u200b")
    two.edit("K-8", PO_NUMBER="NEW")
    two.edit("K#9", None, black("WHITE"), NOTES="REVISED")
    two.edit("K-10", None, black("BLACK"), PO_NUMBER="2")
    two.edit("K-10", None, black("NAVY"), PO_NUMBER="1")
    reload(two)
    two.day(tests=True)

    def now(number: str) -> dict[str, Item]:
        return items(two, number.replace("#", "##"))

    assert now("K-1") == before["K-1"]
    assert {colour: item for colour, item in now("K-2").items() if colour != "AMBER"} == before["K-2"]
    assert now("K-2")["AMBER"][1] == "None"
    assert now("K-3")["MIDNIGHT"] == before["K-3"]["NAVY"]
    changed = items(two, "K-4", "Size")
    assert (changed["9"], changed["7"]) == (quantities["5"], quantities["7"])
    for number in ("K-6", "K-7", "K-8", "K#9", "K-10"):
        assert now(number) == before[number], number
    fifth = {key: two.item(key).id for key in ("K-5", "K-5#2", "K-5#3", "K-5#4")}
    assert {ident for ident, _ in before["K-5"].values()} == {fifth[key] for key in ("K-5", "K-5#2", "K-5#3")}
    assert two.shown("K-5#4")["CUSTOMER"] == PELOTON
    two.before = None
    two.build()
    assert two.staged() == 0


def test_rows_that_differ_in_their_sizes_only_keep_their_items(two: DayTwo) -> None:
    """The sizes of one move to another column, twice, and a header changes its case: the other is never touched."""
    two.add(order("K-1", sizes={"M": 3}), order("K-1", sizes={"S": 3}))
    two.day()
    moved, kept = (two.item(key).id for key in ("K-1", "K-1#2"))
    assert two.cell("K-1#2", "Order Qty", "S") is not None
    two.hand("K-1#2", {"Cut Qty": "77"}, "S")
    two.written()
    for old, new in (("M", "XL"), ("XL", "L")):
        two.sql(
            f'update ORDERS_UNIFIED set "{old}" = null, "{new}" = 3 where "AAG ORDER NUMBER" = \'K-1\' and "{old}" = 3'
        )
        reload(two)
        two.day()
        assert {write.key for write in two.written()} == {"K-1"}
    assert (two.item("K-1").id, two.item("K-1#2").id) == (moved, kept)
    assert [str(two.cell("K-1#2", title, "S")) for title in ("Order Qty", "Cut Qty")] == ["3", "77"]
    two.sql('alter table ORDERS_UNIFIED rename "S" to "s "')
    two.build()
    assert two.staged() == 0


def test_a_new_colour_does_not_inherit_an_item_that_left_earlier(two: DayTwo) -> None:
    start(two, colours("K-1", "BLACK", "NAVY", "WHITE"))
    before = items(two, "K-1")
    two.sql(f"delete from ORDERS_UNIFIED where \"AAG ORDER NUMBER\" = 'K-1' {black('NAVY')}")
    two.day()
    two.build()
    assert items(two, "K-1") == before
    two.add(*colours("K-1", "AMBER"))
    two.day()
    came = items(two, "K-1")
    assert came.pop("AMBER")[1] == "None"
    assert came == before
    assert two.item("K-1#4").id not in {ident for ident, _ in before.values()}
    two.add(*colours("K-1", "NAVY"))
    two.build()
    assert two.staged() == 0


def test_a_colour_that_comes_back_after_archiving_gets_its_key(two: DayTwo) -> None:
    start(two, colours("K-1", "BLACK", "NAVY", "WHITE"))
    before = items(two, "K-1")
    two.sql(f"delete from ORDERS_UNIFIED where \"AAG ORDER NUMBER\" = 'K-1' {black('NAVY')}")
    two.day(on_source_removal="archive")
    assert items(two, "K-1") == {colour: item for colour, item in before.items() if colour != "NAVY"}
    # It comes back as another leaves: the item that stays is nobody's but its own.
    two.sql(f"delete from ORDERS_UNIFIED where \"AAG ORDER NUMBER\" = 'K-1' {black('BLACK')}")
    two.add(*colours("K-1", "NAVY"))
    two.day(on_source_removal="archive")
    after = items(two, "K-1")
    assert after["WHITE"] == before["WHITE"]
    assert set(after) == {"NAVY", "WHITE"}
    assert after["NAVY"] == (two.item("K-1#2").id, "None")
    assert after["NAVY"][0] not in {ident for ident, _ in before.values()}


def test_a_colour_respelt_is_found_by_what_the_build_before_read(two: DayTwo) -> None:
    """However often the build is repeated; without its last state it pairs less."""
    start(two, colours("K-1", "BLACK", "NAVY"))
    before = items(two, "K-1")
    two.edit("K-1", None, black("NAVY"), CUSTOMER_COLOUR_DESCRIPTION="AZURE")
    two.build()
    two.build(item_name_separator=" ")
    two.day()
    assert items(two, "K-1") == {"BLACK": before["BLACK"], "AZURE": before["NAVY"]}
    two.sql("drop table int_orders__keyed")
    two.edit("K-1", None, black("AZURE"), CUSTOMER_COLOUR_DESCRIPTION="WHITE")
    two.build()
    assert [row["ORDER_KEY"] for row in two.sql("from STG_MON_CustMasterSchedule")] == ["K-1#3"]


def test_an_empty_load_is_no_build_before(two: DayTwo) -> None:
    """Rows that come back with another colour or style find their items; what left before isn't inherited."""
    start(
        two,
        [*colours("K-1", "BLACK", "NAVY"), *colours("K-2", "BLACK", "NAVY"), *colours("K-3", "BLACK", "NAVY", "WHITE")],
    )
    two.differences()
    before = {number: items(two, number) for number in ("K-1", "K-2", "K-3")}
    two.sql(f"delete from ORDERS_UNIFIED where \"AAG ORDER NUMBER\" = 'K-3' {black('NAVY')}")
    two.day()
    two.differences()
    kept = [list(row.values()) for row in two.source()]
    two.sql("delete from ORDERS_UNIFIED")
    for _ in range(2):
        done = two.runner.build(two.environment(), {}, tests=True)
        assert [node.name for node in done.nodes if node.status in ("error", "fail")] == ["source_is_whole"]
        assert two.attempt("push", "--batch").exit_code == 1
        two.differences()
    two.append(kept)
    two.edit("K-1", None, black("NAVY"), CUSTOMER_COLOUR_DESCRIPTION="RED")
    two.edit("K-2", None, black("NAVY"), CUSTOMER_COLOUR_DESCRIPTION="RED", CUSTOMER_STYLE="ANOTHER")
    two.add(*colours("K-3", "AMBER"))
    two.day()
    for number in ("K-1", "K-2"):
        assert items(two, number) == {"BLACK": before[number]["BLACK"], "RED": before[number]["NAVY"]}
    came = items(two, "K-3")
    assert came.pop("AMBER")[1] == "None"
    assert came == before["K-3"]
    assert two.differences() == []


def test_rejected_rows_take_no_item_from_others(two: DayTwo) -> None:
    """Orders change beside subtotals and rows without a customer; an order whose row lost its style stays."""

    def subtotal(number: str) -> SourceRow:
        return order(number, sizes={}, CUSTOMER_STYLE=None)

    two.add(subtotal("GRE-01"), subtotal("GRE-02"))
    start(two, [*colours("K-1", "BLACK", "NAVY"), *colours("K-2", "BLACK", "NAVY"), subtotal("K-1")])
    known = confirmed(two)
    assert two.differences() == []
    two.add(order("GRE-03", sizes={}, CUSTOMER_COLOUR_DESCRIPTION=None), order("GRE-04", CUSTOMER_NAME=None))
    changed = {"CUSTOMER_STYLE": "Z9", "CUSTOMER_COLOUR_DESCRIPTION": "PINK"}
    required = ("CUSTOMER STYLE", "CUSTOMER COLOUR DESCRIPTION", "CUSTOMER NAME")
    good = " ".join(f'and "{name}" is not null' for name in required)
    two.edit("GRE-01", None, good, **changed)
    two.edit("GRE-02", None, good, CUSTOMER_NAME=PELOTON)
    two.edit("GRE-03", None, good, **changed)
    two.edit("GRE-04", None, good, CUSTOMER_NAME=PELOTON)
    two.edit("K-1", None, f"{good} {black('NAVY')}", **changed)
    two.edit("K-2", None, black("NAVY"), CUSTOMER_STYLE=None)
    two.day(tests=True, on_source_removal="archive")
    assert confirmed(two) == known
    assert {two.shown(key)["COLOR"] for key in ("GRE-01", "GRE-03", "K-1#2")} == {"PINK"}
    assert {two.shown(key)["CUSTOMER"] for key in ("GRE-02", "GRE-04")} == {PELOTON}
    assert two.shown("K-2#2")["COLOR"] == "NAVY"
    two.options = Options(on_source_removal="archive")
    assert two.differences() == []


def test_a_sheet_loaded_twice_with_edits_in_it_moves_no_item(two: DayTwo) -> None:
    """Two orders that were alike besides, of which one gets another size."""
    start(two, [*colours("K-1", "BLACK", "NAVY"), order("K-2", sizes={"S": 3}), order("K-2", sizes={"S": 3}),
                order("K-3", sizes={"S": 3}), order("K-3", sizes={"S": 3})])  # fmt: skip
    known = confirmed(two)
    assert two.differences() == []
    two.edit("GRE-01", CUSTOMER_STYLE="Z9", CUSTOMER_COLOUR_DESCRIPTION="PINK")
    two.edit("GRE-02", CUSTOMER_NAME=PELOTON)
    two.edit("K-1", None, black("BLACK"), CUSTOMER_STYLE="Z9", CUSTOMER_COLOUR_DESCRIPTION="PINK")
    two.remove(["K-2"])
    two.add(order("K-2", sizes={"S": 3}), order("K-2", sizes={"S": 3, "M": 2}))
    two.edit("K-3", NOTES="REVISED")
    again = [[str(uuid.uuid4()), *list(row.values())[1:]] for row in two.source()]
    two.append(again)
    two.options = Options(on_source_removal="archive")
    two.day(tests=True, exit_code=3, on_source_removal="archive")
    assert confirmed(two) == known
    assert two.cell("K-2#2", "Order Qty", "M") is not None
    assert two.differences() == []
    keys = two.sql("select distinct ORDER_KEY from int_orders__keyed where REASONS is not null")
    assert keys == [{"ORDER_KEY": None}]
    assert two.sync("order", "K-1#2")["order"]["STATE"] == two.sync("order", "GRE-01")["order"]["STATE"] == "UNCHANGED"
    two.sql("delete from ORDERS_UNIFIED where record_uuid in ({})".format(", ".join(f"'{row[0]}'" for row in again)))
    assert two.day(on_source_removal="archive")["items_updated"] == 1  # the second of those that were alike
    assert confirmed(two) == known
    assert two.differences() == []


def test_keys_of_tables_that_an_earlier_version_filled_are_kept(two: DayTwo) -> None:
    """Its keys hold what shows nothing; the next build stages nothing."""
    start(two, colours("K-1", "BLACK", "NAVY"))
    for table in ("MON_CustMasterSchedule", "MON_CustMasterSchedule_Subitems"):
        two.sql(f"update {table} set ORDER_KEY = replace(ORDER_KEY, 'K-1', 'K-1\u200b') where ORDER_KEY like 'K-1%'")
        two.sql(f"update {table} set ORDER_KEY = 'GRE-01\u200b' where ORDER_KEY = 'GRE-01'")
    two.edit("GRE-01", AAG_ORDER_NUMBER="GRE-01\u200b")
    two.edit("K-1", AAG_ORDER_NUMBER="K-1\u200b")
    two.sql("drop table int_orders__keyed")
    two.build()
    keys = {row["ORDER_KEY"] for row in two.sql("from int_orders__keyed")}
    assert {"K-1\u200b", "K-1\u200b#2", "GRE-01\u200b"} <= keys
    assert {"K-1", "K-1#2", "GRE-01"}.isdisjoint(keys)
