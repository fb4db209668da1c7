"""`docs/views.md` and the index of `athena_queries/`, rendered from the view files and from the answers they give."""

from __future__ import annotations

from tools.generate.views_page.page import views_index, views_page

__all__ = ["views_index", "views_page"]
