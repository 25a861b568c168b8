"""Forecasts of series, with intervals, held against the past.

Each series is forecast by several methods of statsmodels and by the seasonal naive (the same month
or week a year before). The last stretches of its own past are held out, forecast from what was
before them, and compared: a method is taken only where it was clearly better there, else the naive
is. The errors that were seen there make the interval. Floats are right here: nothing is booked.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TypeVar

from recon.base.errors import UsageError

NAIVE = "seasonal naive"
COVERED = 0.8
_ORIGINS = 6
# A season of more parts is not smoothed: each part would be a number to find.
_LONG = 12
# A method has to be so much better than the naive: chance is, too, sometimes.
_BETTER = 0.93
_FEW = 20
# Of what is usual, below which errors shrink no further.
_LEAST = 0.25
_CYCLES = 2
_INSTALL = (
    'Forecasts need statsmodels, which is not installed; `python -m pip install ".[forecast]"` in '
    "recon's folder brings it."
)
Key = TypeVar("Key", bound=Hashable)
Series = Sequence[float]
Method = Callable[[Series, int, int], Series]


@dataclass(frozen=True, slots=True)
class Forecast:
    """A series ahead: expected, lowest and highest.

    `error` and `naive` are the mean absolute errors of the method and of the seasonal naive over
    `points` that were held out, in percent of the mean of what came.
    """

    method: str
    values: Series
    low: Series
    high: Series
    error: float
    naive: float
    points: int


@dataclass(frozen=True, slots=True)
class _Tested:
    """A series with each method's errors, by stretch and step."""

    errors: Mapping[str, Sequence[Sequence[float]]]
    units: Mapping[str, Sequence[Sequence[float]]]
    scale: float
    level: float

    def mean(self, method: str, without: int = -1) -> float:
        """The mean error of a method, one stretch left out."""
        found = [
            abs(each)
            for at, stretch in enumerate(self.errors[method])
            for each in stretch
            if at != without
        ]
        return sum(found) / len(found)

    def chosen(self, without: int = -1) -> str:
        """The clearly better method, else the naive."""
        best = min(self.errors, key=lambda name: self.mean(name, without))
        better = self.mean(best, without) < _BETTER * self.mean(NAIVE, without)
        return best if better else NAIVE

    def honest(self, step: int) -> list[float]:
        """A step's errors by methods chosen without them."""
        stretches = len(self.errors[NAIVE])
        of = [self.chosen(at) if stretches > 1 else NAIVE for at in range(stretches)]
        return [
            abs(self.errors[of[at]][at][step]) / self.units[of[at]][at][step]
            for at in range(stretches)
        ]


def install_sentence() -> str | None:
    """The sentence on an absent library, or None."""
    from importlib.util import find_spec

    return None if find_spec("statsmodels") else _INSTALL


def forecasts(series: Mapping[Key, Series], season: int, horizon: int) -> dict[Key, Forecast]:
    """The forecasts of the series that are long enough.

    A season and two horizons are the least. Raises UsageError without statsmodels.
    """
    if sentence := install_sentence():
        raise UsageError(sentence)
    tested = {
        key: _tested(tuple(of), season, horizon)
        for key, of in series.items()
        if len(of) >= season + 2 * horizon
    }
    spread = _spread(list(tested.values()), horizon)
    return {key: _made(series[key], of, season, horizon, spread) for key, of in tested.items()}


# A page asks for the same series again and again.
@lru_cache(maxsize=512)
def _tested(series: Series, season: int, horizon: int) -> _Tested:
    """Hold out the last stretches, one after the other."""
    most = len(series) - season - horizon
    origins = [len(series) - horizon - back for back in range(min(_ORIGINS, most + 1))]
    errors: dict[str, list[list[float]]] = {name: [] for name in methods()}
    units: dict[str, list[list[float]]] = {name: [] for name in methods()}
    scale, usual = _scale(series), sum(map(abs, series)) / len(series)
    for origin in origins:
        known, came = series[:origin], series[origin : origin + horizon]
        for name, method in methods().items():
            guessed = method(known, season, horizon)
            errors[name].append([b - a for a, b in zip(guessed, came, strict=True)])
            units[name].append([_unit(each, scale, usual) for each in guessed])
    held = [series[origin + step] for origin in origins for step in range(horizon)]
    level = sum(map(abs, held)) / len(held)
    return _Tested(errors, units, scale, level)


def _scale(series: Series) -> float:
    """The mean step from one value to the next."""
    steps = [abs(b - a) for a, b in pairwise(series)]
    return sum(steps) / len(steps) or 1.0


def _unit(expected: float, scale: float, usual: float) -> float:
    """The size of errors, which grow with the value."""
    return scale * max(expected / usual, _LEAST) if usual > 0 else scale


def _spread(tested: Sequence[_Tested], horizon: int) -> list[float]:
    """The reach of the chosen methods' errors, in scales.

    Where a step has few errors those of all steps count. Stretches of a series overlap: what is
    added for a small number counts the points that they hold out together.
    """
    by_step = [[error for of in tested for error in of.honest(step)] for step in range(horizon)]
    pooled = [each for step in by_step for each in step]
    points = sum(len(of.errors[NAIVE]) + horizon - 1 for of in tested)
    share = min(COVERED * (points + 1) / points, 1.0) if tested else 0.0
    return [_quantile(step if len(step) >= _FEW else pooled, share) for step in by_step]


def _quantile(values: Sequence[float], share: float) -> float:
    """The value up to which the share is, interpolated."""
    if not values:
        return 0.0
    ranked, place = sorted(values), share * len(values)
    at = max(int(place), 1)
    if at >= len(ranked):
        return ranked[-1]
    return ranked[at - 1] + (place - int(place)) * (ranked[at] - ranked[at - 1])


def _made(
    series: Series, tested: _Tested, season: int, horizon: int, spread: Sequence[float]
) -> Forecast:
    name = tested.chosen()
    least = 0.0 if min(series) >= 0 else -math.inf
    values = [max(each, least) for each in methods()[name](series, season, horizon)]
    usual = sum(map(abs, series)) / len(series)
    wide = [
        each * _unit(value, tested.scale, usual) for value, each in zip(values, spread, strict=True)
    ]
    level = tested.level or 1.0
    points = sum(map(len, tested.errors[name]))
    return Forecast(
        name,
        values,
        [max(value - by, least) for value, by in zip(values, wide, strict=True)],
        [value + by for value, by in zip(values, wide, strict=True)],
        tested.mean(name) / level,
        tested.mean(NAIVE) / level,
        points,
    )


def methods() -> Mapping[str, Method]:
    """The methods by name."""
    return {NAIVE: _naive, "theta": _theta, "exponential smoothing": _smoothed}


def _naive(series: Series, season: int, horizon: int) -> Series:
    return [series[len(series) - season + step % season] for step in range(horizon)]


def _theta(series: Series, season: int, horizon: int) -> Series:
    """The theta method, without the season where it is known."""
    import numpy
    from statsmodels.tsa.forecasting.theta import ThetaModel

    seasonal = len(series) >= _CYCLES * season
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = ThetaModel(
            numpy.asarray(series), period=season if seasonal else 1, deseasonalize=seasonal,
            method="additive", use_test=True,
        )  # fmt: skip
        found = model.fit().forecast(horizon)
    return _finite([float(each) for each in found], series, season, horizon)


def _smoothed(series: Series, season: int, horizon: int) -> Series:
    """Exponential smoothing, with the season where it is known."""
    import numpy
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    seasonal = season <= _LONG and len(series) >= _CYCLES * season
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = ExponentialSmoothing(
            numpy.asarray(series), seasonal="add" if seasonal else None,
            seasonal_periods=season if seasonal else None, initialization_method="heuristic",
        )  # fmt: skip
        # The quickest of its ways, and as good on series of months.
        found = model.fit(method="TNC", use_brute=False).forecast(horizon)
    return _finite([float(each) for each in found], series, season, horizon)


def _finite(found: Series, series: Series, season: int, horizon: int) -> Series:
    """A forecast, the naive one where a fit has failed."""
    return found if all(map(math.isfinite, found)) else _naive(series, season, horizon)
