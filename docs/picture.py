"""Draws docs/report.png: the top of a report, as a browser shows it."""

import argparse
from pathlib import Path

from playwright.sync_api import sync_playwright

DOCS = Path(__file__).resolve().parent
WIDTH, HEIGHT = 860, 1400  # CSS pixels


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("report", type=Path, help="what textclf report wrote")
    parser.add_argument("--browser", default="/usr/bin/chromium", help="(default %(default)s)")
    options = parser.parse_args()
    with sync_playwright() as playwright:
        # No sandbox: in a container, root is often the only user.
        arguments = ["--no-sandbox", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=options.browser, args=arguments)
        size = {"width": WIDTH, "height": HEIGHT}
        page = browser.new_page(viewport=size, device_scale_factor=1.5, color_scheme="light")
        page.goto(options.report.resolve().as_uri())
        page.screenshot(path=DOCS / "report.png")
        browser.close()


if __name__ == "__main__":
    main()
