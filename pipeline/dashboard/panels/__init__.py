"""The pages of the dashboard and the report, in their order: one module for each, with its panels."""

from __future__ import annotations

from pipeline.dashboard.panels.blind_spots import BLIND_SPOTS
from pipeline.dashboard.panels.copies import COPIES
from pipeline.dashboard.panels.first_and_late import FIRST_AND_LATE
from pipeline.dashboard.panels.overview import OVERVIEW
from pipeline.dashboard.panels.rhythm_and_topics import RHYTHM_AND_TOPICS
from pipeline.dashboard.panels.stories import STORIES
from pipeline.dashboard.panels.trust import TRUST

PAGES = {page.name: page for page in (OVERVIEW, STORIES, FIRST_AND_LATE, BLIND_SPOTS, COPIES, RHYTHM_AND_TOPICS, TRUST)}
PANELS = tuple(panel for page in PAGES.values() for panel in page.panels)
