"""What the build has left: little JavaScript to begin with, and no script in a page."""

import gzip
import re
from pathlib import Path

OUT = Path(__file__).resolve().parents[2] / "web" / "out"
LIMIT_BYTES = 350_000


def test_the_first_page_loads_less_javascript_than_its_limit() -> None:
    page = (OUT / "index.html").read_text()
    # What is for browsers without modules is fetched by none that this app runs in.
    modern = re.sub(r"<script[^>]*noModule[^>]*>", "", page, flags=re.IGNORECASE)
    names = set(re.findall(r'<script[^>]+src="(/[^"]+)"', modern))
    assert names
    sizes = {name: len(gzip.compress((OUT / name.lstrip("/")).read_bytes())) for name in names}
    assert sum(sizes.values()) < LIMIT_BYTES, sizes
    assert not re.search(r"<script(?![^>]*\ssrc=)[^>]*>", page), "an inline script is left"
