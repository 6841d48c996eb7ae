"""`python -m tests.matrix` writes docs/matrix.md."""

from __future__ import annotations

from tests.matrix.page import PAGE, page

PAGE.write_text(page(), encoding="utf-8")
print(PAGE)
