"""Draws docs/report.png: the top of a report, as a browser shows it."""

import argparse
import io
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

DOCS = Path(__file__).resolve().parent
WIDTH, HEIGHT = 900, 1700  # CSS pixels
COLOURS = 128  # more would double the file


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
        picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        browser.close()
    reduced = picture.quantize(COLOURS, dither=Image.Dither.NONE)
    reduced.save(DOCS / "report.png", optimize=True)


if __name__ == "__main__":
    main()
