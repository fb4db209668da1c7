"""`deploy/quicksight.yaml`: rendered from the data sets of `bi_page`, so that it follows the views. Pure."""

from __future__ import annotations

from tools.generate.quicksight.template import quicksight_template

__all__ = ["quicksight_template"]
