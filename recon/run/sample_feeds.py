"""The sample's feeds, where none are configured."""

from __future__ import annotations

from dataclasses import replace

from recon.config import Settings, load
from recon.config.settings import SourceKind


def with_sample(settings: Settings) -> Settings:
    """The settings, with the sample's feeds where none are configured.

    That is where both sides are the sample's, too.
    """
    kinds = {settings.analytics.kind, settings.accounting.kind}
    if settings.feeds or kinds != {SourceKind.SAMPLE}:
        return settings
    from recon.sources.sample import feeds

    folder = feeds.ensure()
    return replace(settings, feeds=load(folder / feeds.CONFIG).feeds)
