"""The survey's tables as one page that opens from the disk, offline."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from codecmark.publish import assets
from codecmark.publish.survey import NOTATION
from codecmark.publish.survey_table import SurveyTable

TITLE = "Codecs and codec language models of the survey"


def page(tables: Sequence[SurveyTable], pictures: dict[str, str]) -> str:
    """The page, whole; `pictures` are inline SVG by the name of the table they stand with."""
    style = assets.static("page.css") + assets.static("survey.css")
    policy = (
        f"default-src 'none'; style-src '{assets.digest(style)}'; img-src data:; base-uri 'none'; form-action 'none'"
    )
    return (
        assets.environment()
        .get_template("survey_page.html")
        .render(
            title=TITLE,
            policy=policy,
            style=Markup(style),
            tables=tables,
            pictures={name: Markup(svg) for name, svg in pictures.items()},
            notation=NOTATION,
        )
    )
