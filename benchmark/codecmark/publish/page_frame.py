"""What every page of the site has: the style, the scripts, and a policy that lets nothing else in."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from codecmark.publish import assets

STYLES = ("page.css", "survey.css", "site.css")
SCRIPTS = ("state.js", "theme.js", "tabs.js", "sort.js", "filter.js", "cells.js", "plots.js", "players.js")


def frame() -> dict[str, Any]:
    """For templates/base.html. Audio may be inside the page or lie beside it; nothing may come from a network."""
    style = "".join(assets.static(name) for name in STYLES)
    script = '"use strict";\n' + "".join(assets.static(name) for name in SCRIPTS)
    policy = (
        f"default-src 'none'; style-src '{assets.digest(style)}'; script-src '{assets.digest(script)}'; "
        "img-src data:; media-src data: 'self' file:; base-uri 'none'; form-action 'none'"
    )
    return {"style": Markup(style), "script": Markup(script), "policy": policy}
