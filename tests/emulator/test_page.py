"""The page of the board: what it is told, and what a real browser shows of it."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from emulator.config import BOARD_ID, SUBITEM_BOARD_ID, Config
from emulator.page import CSP, answer, html, page_data
from emulator.server import Emulator, running
from emulator.store import State

HOSTILE = '<img src=x onerror="document.title=1"><script>document.title=2</script> & "quoted"'
WAIT_SECONDS = 20.0
# Values of the columns that the tests look at, under the ids of the production board.
ORDER_TYPE, STYLE_DESCRIPTION, PRICE, RECEIVED, UNIT = (
    "dropdown_mkr518fc",
    "long_text_mkr5p0cf",
    "numeric_mkr5cact",
    "date_mkr5zp5",
    "color_mkr5yf27",
)
SIZE, QUANTITY = "dropdown_mkrak7qp", "numeric_mkra7j8e"


def add(state: State, group: str, name: str, values: dict[str, Any] | None = None, sizes: int = 0) -> int:
    """An item with its sizes; gives its id."""
    item = state.create_item(BOARD_ID, name, group, json.dumps(values or {}), True)
    for number in range(sizes):
        cells = {SIZE: {"labels": [f"S{number}"]}, QUANTITY: str(1000 + number)}
        state.create_subitem(item.id, f"Size S{number}", json.dumps(cells), True)
    return item.id


def fill(state: State) -> None:
    """Two groups: five items in the first, one of them hostile, and one item in the second."""
    second = state.create_group(BOARD_ID, "TRACKSMITH 2026 SPRING").id
    first = state.create_group(BOARD_ID, "GREYSON 2025 FALL").id
    values: dict[str, Any] = {ORDER_TYPE: {"labels": ["RECEIVED"]}, PRICE: "1234.5"}
    values |= {RECEIVED: {"date": "2025-06-30"}, UNIT: {"label": "PCE"}}
    for number in range(4):
        add(state, first, f"JWHD100120WHITE-{number}", values, sizes=3 if number == 1 else 0)
    add(state, first, HOSTILE, {STYLE_DESCRIPTION: {"text": HOSTILE}})
    add(state, second, "Harrier tee ÉTÉ")


@pytest.fixture
def state() -> State:
    """A board filled with a little of everything."""
    made = State(Config())
    fill(made)
    return made


def read(state: State, path: str, **query: str) -> Any:
    """The JSON that a path of the page answers."""
    found = answer(state, path, query)
    assert found is not None
    return json.loads(found.body)


# ---------- what the page is told


def test_outline_counts_groups_items_and_subitems(state: State) -> None:
    outline = page_data(state)
    shown = {each["title"]: (each["items"], each["subitems"]) for each in outline["groups"]}
    assert shown["GREYSON 2025 FALL"] == (5, 3)
    assert shown["TRACKSMITH 2026 SPRING"] == (1, 0)
    assert (outline["items"], outline["found"], outline["subitems"]) == (6, 6, 3)


def test_items_and_groups_that_are_gone_are_not_shown(state: State) -> None:
    group = next(each for each in state.boards[BOARD_ID].groups.values() if each.title == "GREYSON 2025 FALL")
    gone, *rest = list(group.item_ids)
    state.retire_item(gone, "archived")
    names = [row["id"] for row in read(state, "/_page/items", group=group.id)["rows"]]
    assert names == [str(each) for each in rest]
    state.retire_group(BOARD_ID, group.id, "deleted")
    assert "GREYSON 2025 FALL" not in [each["title"] for each in page_data(state)["groups"]]
    found = answer(state, "/_page/items", {"group": group.id})
    assert found is not None
    assert found.status == 404


def test_rows_come_in_pages_with_values_by_type(state: State) -> None:
    group = next(each["id"] for each in page_data(state)["groups"] if each["title"] == "GREYSON 2025 FALL")
    first, second = (read(state, "/_page/items", group=group, offset=str(n), limit="1")["rows"] for n in (0, 1))
    assert [first[0]["name"], second[0]["name"]] == ["JWHD100120WHITE-0", "JWHD100120WHITE-1"]
    cells = second[0]["cells"]
    assert cells[ORDER_TYPE][0][0] == "RECEIVED"
    assert (cells[PRICE], cells[RECEIVED]) == ("1234.5", "2025-06-30")
    assert re.fullmatch(r"#[0-9a-f]{6}", cells[UNIT][0][1])
    assert second[0]["subitems"] == 3
    below = read(state, "/_page/subitems", item=second[0]["id"])["rows"]
    assert [(row["name"], row["cells"][QUANTITY]) for row in below] == [(f"Size S{n}", str(1000 + n)) for n in range(3)]


@pytest.mark.parametrize(
    ("words", "found"),
    [("jwhd100120", 4), ("RECEIVED 1234.5", 4), ("été", 1), ("harrier received", 0), ("<script>", 1), ("", 6)],
)
def test_search_wants_every_word_in_any_case_and_any_column(state: State, words: str, found: int) -> None:
    assert page_data(state, {"q": words})["found"] == found


def test_search_sees_a_changed_cell(state: State) -> None:
    assert page_data(state, {"q": "harrier"})["found"] == 1
    item = next(each for each in state.items.values() if each.name.startswith("Harrier"))
    state.change_values(BOARD_ID, item.id, json.dumps({"name": "Van Cortlandt tee"}))
    assert page_data(state, {"q": "harrier"})["found"] == 0
    assert page_data(state, {"q": "cortlandt"})["found"] == 1


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/_page/board", {"board": "1"}),
        ("/_page/board", {"board": "no number"}),
        ("/_page/items", {}),
        ("/_page/items", {"group": "../etc"}),
        ("/_page/subitems", {"item": "99999999999999999999"}),
        ("/_page/subitems", {"item": "-1"}),
    ],
)
def test_what_is_not_there_is_a_404(state: State, path: str, query: dict[str, str]) -> None:
    found = answer(state, path, query)
    assert found is not None
    assert found.status == 404


def test_other_paths_are_not_the_pages(state: State) -> None:
    assert answer(state, "/v2", {}) is None
    assert answer(state, "/_page/other", {}) is None


def test_odd_numbers_in_a_request_are_bounded(state: State) -> None:
    group = next(each["id"] for each in page_data(state)["groups"] if each["title"] == "GREYSON 2025 FALL")
    assert len(read(state, "/_page/items", group=group, offset="x", limit="99999999999")["rows"]) == 5
    assert read(state, "/_page/items", group=group, offset="1000000000")["rows"] == []


def test_reading_changes_nothing(state: State) -> None:
    before = state.revision
    for path in ("/", "/_page/board", "/_page/revision"):
        assert answer(state, path, {}) is not None
    assert state.revision == before


def test_page_loads_nothing_from_elsewhere() -> None:
    # The one address in it is the name of the SVG vocabulary inside the icon.
    assert set(re.findall(r"https?://[^'\"\s)]+", html())) == {"http://www.w3.org/2000/svg"}
    assert "unsafe" not in CSP
    assert "innerHTML" not in html()


def test_page_is_served_without_a_token_and_with_its_policy() -> None:
    with running(Config()) as emulator:
        got = requests.get(emulator.page_url, timeout=10)
        data = requests.get(f"{emulator.page_url}_page/board", timeout=10)
    assert got.status_code == 200
    assert got.headers["Content-Security-Policy"] == CSP
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert data.json()["board"]["id"] == str(BOARD_ID)


# ---------- what a browser shows


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A headless Chromium, or a skip that says what is missing."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if chromium is None or driver is None:
        pytest.skip(
            "no Chromium and chromedriver here: the page was not looked at (apt-get install chromium chromium-driver)"
        )
    from selenium import webdriver
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service

    options = Options()
    options.binary_location = chromium
    flags = "headless=new no-sandbox disable-gpu disable-quic no-first-run disable-background-networking"
    for flag in f"{flags} disable-component-update disable-sync disable-dev-shm-usage window-size=1400,900".split():
        options.add_argument(f"--{flag}")
    options.add_argument(f"--user-data-dir={tmp_path_factory.mktemp('chromium')}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    started = webdriver.Chrome(options=options, service=Service(driver))
    yield started
    started.quit()


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """An emulator with a board of a little of everything."""
    with running(Config(items_limit=20_000)) as started:
        fill(started.state)
        yield started


def until(what: str, holds: Callable[[], Any]) -> Any:
    """Waits until `holds()` is true and gives it; `what` says in the failure what was waited for."""
    end = time.monotonic() + WAIT_SECONDS
    while not (found := holds()):
        assert time.monotonic() < end, f"The page did not show {what} within {WAIT_SECONDS:.0f} seconds."
        time.sleep(0.05)
    return found


class Page:
    """The page in a browser, read the way a person reads it."""

    def __init__(self, browser: Any, url: str, rows: int) -> None:
        self.browser = browser
        browser.get_log("browser")
        browser.get(url)
        until("the first rows", lambda: len(self.names()) >= rows)

    def all(self, selector: str) -> list[Any]:
        """Elements by CSS selector."""
        found: list[Any] = self.browser.find_elements("css selector", selector)
        return found

    def script(self, text: str) -> Any:
        """Runs a line of script in the page."""
        return self.browser.execute_script(text)

    def names(self) -> list[str]:
        """Names of the items in sight."""
        return self.texts(".item[data-item] .n .t")

    def texts(self, selector: str) -> list[str]:
        """Texts of elements in sight, in one step, so that a redraw cannot come between."""
        found: list[str] = self.script(f"return [...document.querySelectorAll({selector!r})].map((e) => e.textContent)")
        return found

    def click(self, selector: str) -> None:
        """Clicks the first such element."""
        self.script(f"document.querySelector({selector!r}).click()")

    def search(self, words: str) -> None:
        """Types into the search box."""
        box = self.all("#q")[0]
        box.clear()
        box.send_keys(words)


@pytest.fixture
def page(browser: Any, emulator: Emulator) -> Page:
    """The page of the filled board, with its first rows loaded."""
    return Page(browser, emulator.page_url, 6)


@pytest.mark.browser
def test_browser_shows_groups_items_and_values_by_type(page: Page) -> None:
    assert page.texts(".g .title .t")[:2] == ["GREYSON 2025 FALL", "TRACKSMITH 2026 SPRING"]
    assert page.texts(".g .title small")[0] == "5 items · 3 subitems"
    assert page.names()[0] == "JWHD100120WHITE-0"
    row = "document.querySelector('.item[data-item]')"
    assert page.script(f"return {row}.querySelector('[data-column={PRICE}]').textContent") == "1,234.5"
    assert page.script(f"return {row}.querySelector('[data-column={RECEIVED}]').textContent") == "30 Jun 2025"
    assert page.script(f"return {row}.querySelector('[data-column={ORDER_TYPE}] .chip').textContent") == "RECEIVED"
    chip = page.script(f"return getComputedStyle({row}.querySelector('[data-column={UNIT}]')).backgroundColor")
    assert chip not in ("rgb(255, 255, 255)", "rgba(0, 0, 0, 0)")
    bar = page.script("return getComputedStyle(document.querySelector('.item .bar')).backgroundColor")
    assert bar != "rgba(0, 0, 0, 0)"
    assert "6 items" in " ".join(page.texts("#counts span"))


@pytest.mark.browser
def test_browser_unfolds_and_folds_subitems(page: Page) -> None:
    page.click(".item .caret:not(.none)")
    until("three sizes", lambda: page.texts(".sub[data-item] .n .t") == ["Size S0", "Size S1", "Size S2"])
    assert page.texts(f".sub[data-item] [data-column={QUANTITY}]") == ["1,000", "1,001", "1,002"]
    page.click(".item .caret.open")
    until("no sizes", lambda: not page.texts(".sub"))


@pytest.mark.browser
def test_browser_folds_groups(page: Page) -> None:
    page.click(".g .title")
    until("one item", lambda: page.names() == ["Harrier tee ÉTÉ"])
    page.click("#fold")
    until("no item", lambda: not page.names())
    page.click("#fold")
    until("all items", lambda: len(page.names()) == 6)


@pytest.mark.browser
def test_browser_searches(page: Page) -> None:
    page.search("harrier")
    until("the one item found", lambda: page.names() == ["Harrier tee ÉTÉ"])
    assert page.texts(".g .title .t") == ["TRACKSMITH 2026 SPRING"]
    page.search("no such words")
    until("that nothing was found", lambda: page.texts(".empty b") == ["Nothing found"])


FOCUS = "return document.activeElement.dataset.focus || document.activeElement.id"


@pytest.mark.browser
def test_browser_keeps_the_focus_of_the_keyboard(page: Page, emulator: Emulator) -> None:
    from selenium.webdriver.common.keys import Keys

    page.script("document.querySelector('.item .caret:not(.none)').focus()")
    caret = page.script(FOCUS)
    page.browser.switch_to.active_element.send_keys(Keys.ENTER)
    until("the subitems", lambda: len(page.texts(".sub[data-item] .t")) == 3)
    assert page.script(FOCUS) == caret
    with emulator.lock:
        add(emulator.state, next(iter(emulator.state.boards[BOARD_ID].groups)), "Arrived later")
    until("the new item", lambda: "Arrived later" in page.names())
    assert page.script(FOCUS) == caret
    page.browser.switch_to.active_element.send_keys(Keys.TAB)
    name = page.script(FOCUS)
    assert name.startswith("name ")
    page.browser.switch_to.active_element.send_keys(Keys.ENTER)
    until("the card", lambda: page.script(FOCUS) == "card-close")
    page.browser.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert page.script("return document.getElementById('card').hidden")
    assert page.script(FOCUS) == name


@pytest.mark.browser
def test_browser_fits_a_telephone_and_the_dark(page: Page) -> None:
    def seen(width: int, scheme: str) -> list[Any]:
        size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
        page.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "screen", "features": features})
        found: list[Any] = page.script(
            "return [document.documentElement.scrollWidth, document.querySelector('header').scrollWidth,"
            " getComputedStyle(document.body).backgroundColor]"
        )
        return found

    try:
        assert seen(390, "light") == [390, 390, "rgb(255, 255, 255)"]
        assert seen(1400, "dark")[2] == "rgb(24, 27, 46)"
    finally:
        page.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})


@pytest.mark.browser
def test_browser_prints_every_row(page: Page, emulator: Emulator) -> None:
    with emulator.lock:
        group = next(iter(emulator.state.boards[BOARD_ID].groups))
        for number in range(250):
            add(emulator.state, group, f"More {number}")
    until("the new items", lambda: "More 3" in page.names())
    page.script("window.print = () => window.dispatchEvent(new Event('beforeprint'))")
    page.click("#print")
    until("every row", lambda: len(page.names()) == 256)
    page.script("window.dispatchEvent(new Event('afterprint'))")
    assert len(page.names()) < 100


@pytest.mark.browser
def test_browser_counts_the_groups_that_hold_items(page: Page) -> None:
    assert page.texts("#counts span") == ["2 groups", "6 items", "3 subitems"]
    assert page.script("return document.querySelector('#counts span').title") == "and 1 empty group"


@pytest.mark.browser
def test_browser_shows_html_as_text(page: Page) -> None:
    assert HOSTILE in page.names()
    page.script("[...document.querySelectorAll('.item .n .t')].find((e) => e.textContent.includes('onerror')).click()")
    until("the card of the item", lambda: page.texts("#card-name") == [HOSTILE])
    assert HOSTILE in page.texts("#card dd")
    assert page.script("return document.title") == "Customer Master Schedule"
    assert page.all("#view img, #view script, #card img, #card script") == []


@pytest.mark.browser
def test_browser_reports_no_error_and_asks_only_this_server(page: Page, emulator: Emulator) -> None:
    asked = page.script("return performance.getEntriesByType('resource').map((e) => e.name)")
    assert asked
    assert [each for each in asked if not each.startswith((emulator.page_url, "data:"))] == []
    assert page.browser.get_log("browser") == []


@pytest.mark.browser
def test_browser_keeps_titles_and_names_in_sight_when_scrolled(page: Page, emulator: Emulator) -> None:
    with emulator.lock:
        group = next(iter(emulator.state.boards[BOARD_ID].groups))
        for number in range(60):
            add(emulator.state, group, f"More {number}")
    until("the new items", lambda: "More 3" in page.names())
    where = "return [...document.querySelectorAll('.head .n, .item .n')].map((e) => e.getBoundingClientRect().left)"
    page.script("document.getElementById('view').scrollTo(900, 700)")
    until("rows further down", lambda: "More 20" in page.names())
    assert {round(each) for each in page.script(where)} == {24}
    top = page.script("return document.getElementById('view').getBoundingClientRect().top")
    assert round(page.script("return document.querySelector('.head').getBoundingClientRect().top")) == round(top)


@pytest.mark.browser
def test_browser_refreshes_itself(page: Page, emulator: Emulator) -> None:
    with emulator.lock:
        state = emulator.state
        group = next(iter(state.boards[BOARD_ID].groups.values()))
        add(state, group.id, "Arrived later")
        state.change_values(BOARD_ID, next(iter(group.item_ids)), json.dumps({PRICE: "77"}))
    until("the new item", lambda: "Arrived later" in page.names())
    until("the new price", lambda: page.texts(f".item[data-item] [data-column={PRICE}]")[0] == "77")


@pytest.mark.browser
def test_browser_follows_an_unfolded_item_that_moves_up(page: Page, emulator: Emulator) -> None:
    page.click(".item .caret:not(.none)")
    until("three sizes", lambda: len(page.texts(".sub[data-item]")) == 3)
    with emulator.lock:
        group = next(iter(emulator.state.boards[BOARD_ID].groups.values()))
        emulator.state.retire_item(next(iter(group.item_ids)), "archived")
    until("one item less", lambda: "JWHD100120WHITE-0" not in page.names())
    shown = ["JWHD100120WHITE-1", "Size S0", "Size S1", "Size S2"]
    rows = ".item[data-item] .n .t, .sub[data-item] .n .t"
    until("the sizes still below their item", lambda: page.texts(rows)[:4] == shown)


@pytest.mark.browser
def test_browser_stays_quick_with_ten_thousand_items(browser: Any) -> None:
    with running(Config(items_limit=20_000)) as emulator:
        state = emulator.state
        groups = [state.create_group(BOARD_ID, f"CUSTOMER {number}").id for number in range(10)]
        for number in range(10_000):
            add(state, groups[number % 10], f"Item {number}", {PRICE: str(number)})
        page = Page(browser, emulator.page_url, 10)
        assert len(page.all(".r")) < 80, "The page draws more than what is in sight."
        began = time.monotonic()
        page.script("const v = document.getElementById('view'); v.scrollTop = v.scrollHeight")
        until("the last item", lambda: any(each in page.names() for each in ("Item 9990", "Item 9999")))
        assert time.monotonic() - began < 5
        assert len(page.all(".r")) < 80
        # Ten redraws, each far from the last, must not take a second each even on a busy machine.
        drawn = page.script(
            "const v = document.getElementById('view'), t = performance.now();"
            "for (let n = 0; n < 10; n++) { v.scrollTop = n * 30000; draw(); } return performance.now() - t"
        )
        assert drawn < 3000


def test_subitem_columns_are_those_of_the_subitem_board(state: State) -> None:
    shown = [each["id"] for each in page_data(state)["subitem_columns"]]
    assert shown == [each for each in state.boards[SUBITEM_BOARD_ID].columns if each != "name"]
