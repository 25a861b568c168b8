"""The API of figures."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from recon.kpi.dimensions import DIMENSIONS
from recon.kpi.views import VIEWS
from recon.reports.figures.documents import document
from recon.run.figures import all_measures
from recon.web import reading
from recon.web.asking import Ask


def figures(ask: Ask) -> Response:
    """The figures of a view."""
    return JSONResponse(document(reading.figures(ask)))


def measures(ask: Ask) -> Response:
    """All measures, dimensions and views."""
    found = all_measures(ask.site.settings)
    return JSONResponse({
        "measures": [
            {
                "name": each.name,
                "title": each.title,
                "sentence": each.sentence,
                "unit": each.unit.value,
                "formula": each.formula,
            }
            for each in found.values()
        ],
        "dimensions": [
            {"name": each.name, "sentence": each.sentence, "below": each.below or None}
            for each in DIMENSIONS.values()
        ],
        "views": [
            {"name": each.name, "title": each.title, "sentence": each.sentence}
            for each in VIEWS.values()
        ],
    })  # fmt: skip
