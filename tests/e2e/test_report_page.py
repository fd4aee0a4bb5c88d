"""What a real browser shows of a report: of a ledger with hostile texts, and of a real push."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sync.commands.report import report, visible
from tests.e2e.report_ledger import BATCH, HOSTILE, RUN, made
from tests.support import Project

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A headless Chromium, or a skip that says what is missing."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if chromium is None or driver is None:
        pytest.skip("no Chromium and chromedriver here: the report was not looked at (chromium, chromium-driver)")
    from selenium import webdriver
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service

    options = Options()
    options.binary_location = chromium
    flags = "headless=new no-sandbox disable-gpu disable-quic no-first-run disable-background-networking"
    for flag in f"{flags} disable-component-update disable-sync disable-dev-shm-usage".split():
        options.add_argument(f"--{flag}")
    options.add_argument(f"--user-data-dir={tmp_path_factory.mktemp('chromium')}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    started = webdriver.Chrome(options=options, service=Service(driver))
    yield started
    started.quit()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The page of a batch and the page of its run."""
    folder = tmp_path_factory.mktemp("pages")
    ledger = made(folder / "orders.duckdb")
    report(ledger.env, BATCH, folder / "batch.html")
    report(ledger.env, BATCH, folder / "run.html", whole_run=True)
    return {"batch": folder / "batch.html", "run": folder / "run.html"}


class Page:
    """A page in the browser, at a width and in a colour scheme."""

    def __init__(self, browser: Any, path: Path, width: int = 1400, scheme: str = "light") -> None:
        self.browser, self.path = browser, path
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        self.media("screen", scheme)
        browser.get_log("browser")
        browser.get_log("performance")
        browser.get(path.as_uri())

    def media(self, kind: str, scheme: str) -> None:
        """Screen or print, light or dark."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": kind, "features": features})

    def script(self, text: str) -> Any:
        """Runs a line of script in the page."""
        return self.browser.execute_script(text)

    def text(self, selector: str = "body") -> str:
        """The text that is visible."""
        return str(self.script(f"return document.querySelector({selector!r}).innerText"))

    def texts(self, selector: str) -> list[str]:
        """Visible texts of all such elements."""
        found: list[str] = self.script(
            f"return [...document.querySelectorAll({selector!r})].map((e) => e.innerText.trim())"
        )
        return found


@pytest.mark.parametrize("name", ["batch", "run"])
@pytest.mark.parametrize("width", [400, 1400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_overflows_fails_or_is_asked_for(
    browser: Any, pages: dict[str, Path], name: str, width: int, scheme: str
) -> None:
    page = Page(browser, pages[name], width, scheme)
    page.script("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    wide, room = page.script("const d = document.documentElement; return [d.scrollWidth, d.clientWidth]")
    assert wide == room
    outside = page.script(
        "return [...document.querySelectorAll('main *')].filter((e) => !e.closest('.scroll, svg, .hide')"
        f" && e.getBoundingClientRect().right > {room} + 1).map((e) => e.outerHTML.slice(0, 80))"
    )
    assert outside == []
    assert browser.get_log("browser") == []
    asked = [
        entry["message"]
        for entry in browser.get_log("performance")
        if '"Network.requestWillBeSent"' in entry["message"]
        and pages[name].as_uri() not in entry["message"]
        and "data:image/svg" not in entry["message"]
    ]
    assert asked == []
    assert page.script("return performance.getEntriesByType('resource').length") == 0


def test_figures_are_in_sight(browser: Any, pages: dict[str, Path]) -> None:
    page = Page(browser, pages["batch"])
    tiles = [[line for line in tile.split("\n") if line] for tile in page.texts(".tile")]
    assert tiles[0] == ["Orders", "7 of 9 on the board", "77.8 % done", "1 failed", "1 left"]
    assert tiles[1] == ["Sizes", "4 of 5 on the board", "80.0 % done", "1 failed", "0 left"]
    assert tiles[4][:2] == ["Requests", "6"]
    assert page.texts("h1 .pill") == ["completed with errors"]
    rows = [row.split("\t") for row in page.texts(".numbers tbody tr")][:1]
    assert rows[0][:7] == ["ACME 2026 SPRING", "1", "2", "0", "1", "3", "0"]
    assert "2026-03-02 10:15:00 UTC" in page.text("header")


def test_bars_are_as_long_as_their_figures(browser: Any, pages: dict[str, Path]) -> None:
    page = Page(browser, pages["batch"])
    shares = page.script(
        "return [...document.querySelectorAll('.tile')[0].querySelectorAll('.meter i')]"
        ".map((e) => e.getBoundingClientRect().width / e.parentElement.getBoundingClientRect().width)"
    )
    assert [round(share, 1) for share in shares] == [0.8, 0.1, 0.1]
    spans = page.script(
        "return [...document.querySelectorAll('.lane .track i')].map((e) => {"
        " const a = e.getBoundingClientRect(), b = e.parentElement.getBoundingClientRect();"
        " return [60 * (a.left - b.left) / b.width, 60 * a.width / b.width]; })"
    )
    assert [[round(n) for n in span] for span in spans] == [[0, 2], [2, 3], [6, 24], [31, 19], [50, 10]]
    heights = page.script(
        "return [...document.querySelectorAll('svg.columns g')].map((g) => g.getBoundingClientRect().height)"
    )
    assert [round(height / max(heights) * 5) for height in heights] == [2, 5, 1, 4, 1]


def test_hostile_text_is_text(browser: Any, pages: dict[str, Path]) -> None:
    page = Page(browser, pages["batch"])
    assert page.script("return document.title").startswith("ACME")
    assert page.script("return document.querySelectorAll('script, img, [onerror]').length") == 0
    assert visible(HOSTILE) in page.texts(".numbers tbody th bdi")
    # the writing direction of a name ends with it: what follows stands to its right, left to right
    left, right = page.script(
        "const n = document.querySelector('h1 bdi').getBoundingClientRect(),"
        " p = document.querySelector('.sub').getBoundingClientRect(); return [n.left, p.left]"
    )
    assert left == right


def test_a_run_leads_to_its_batches(browser: Any, pages: dict[str, Path]) -> None:
    page = Page(browser, pages["run"])
    assert RUN in page.text("header")
    details = "document.querySelectorAll('details.batch')[1]"
    assert page.script(f"return {details}.open") is False
    page.script("document.querySelector('a[href=\"#b2\"]').click()")
    assert page.script(f"return {details}.open") is True
    assert "1 of 1 on the board" in page.text("#b2")


def test_dark_is_dark_and_print_is_light_and_whole(browser: Any, pages: dict[str, Path]) -> None:
    def brightness(page: Page) -> int:
        colour = page.script("return getComputedStyle(document.documentElement).backgroundColor")
        return sum(int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(","))

    page = Page(browser, pages["run"], scheme="dark")
    assert brightness(page) < 120
    page.media("print", "dark")
    assert brightness(page) == 3 * 255
    shown = page.script("return document.querySelector('#b2 .tile').checkVisibility({contentVisibilityAuto: true})")
    assert shown is True, "what is folded on the screen is missing on paper"
    page.media("screen", "light")
    assert brightness(page) > 700


def test_contrast_of_text_is_enough(browser: Any, pages: dict[str, Path]) -> None:
    for scheme in ("light", "dark"):
        page = Page(browser, pages["batch"], scheme=scheme)
        worst = page.script("""
            const number = (c) => c.match(/[\\d.]+/g).map(Number);
            const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
              .map((v) => v <= .04 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
              .reduce((s, v, n) => s + v * [.2126, .7152, .0722][n], 0);
            const ground = (e) => { for (; e; e = e.parentElement) {
              const c = number(getComputedStyle(e).backgroundColor);
              if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
            return [...document.querySelectorAll('main *')].filter((e) => !e.matches('.zero, .zero *, i, svg *')
              && [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())).map((e) => {
                const a = light(number(getComputedStyle(e).color)), b = light(ground(e));
                return [(Math.max(a, b) + .05) / (Math.min(a, b) + .05), e.outerHTML.slice(0, 60)];
              }).sort((x, y) => x[0] - y[0])[0]""")
        assert worst[0] >= 4.5, f"{scheme}: {worst}"


@pytest.mark.slow
def test_the_page_of_a_real_push(browser: Any, tmp_path: Path, project: Project) -> None:
    answer = project.first_push(60, seed=4)
    largest = max(answer["batches"], key=lambda batch: batch["items_planned"] + batch["subitems_planned"])
    figures = project.sync("report", "--batch", largest["batch_id"], "--output", str(tmp_path / "page.html"))
    for name in ("items_succeeded", "items_failed", "subitems_succeeded", "subitems_failed"):
        assert figures[name] == largest[name]
    assert figures["items_created"] == largest["items_succeeded"]
    assert figures["subitems_created"] == largest["subitems_succeeded"]
    project.sql("update MON_BatchProcessing set CONFIG_SNAPSHOT = 'written by another system'")
    whole = project.sync("report", "--run", "--output", str(tmp_path / "run.html"))
    assert "written by another system" in (tmp_path / "run.html").read_text(encoding="utf-8")
    assert (whole["run_id"], whole["batches"]) == (answer["run_id"], len(answer["batches"]))
    assert whole["items_created"] + whole["subitems_created"] == answer["succeeded"]
    assert whole["complexity_used"] > 0
    page = Page(browser, tmp_path / "page.html")
    assert page.texts("h1 bdi") == [largest["customer"]]
    assert f"{largest['items_succeeded']} of {largest['items_planned']} on the board" in page.texts(".tile")[0]
    assert page.script("return document.querySelectorAll('svg.requests rect').length") > 0
    assert browser.get_log("browser") == []
