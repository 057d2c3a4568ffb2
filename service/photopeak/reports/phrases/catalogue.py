"""Catalogues of the phrases, by language; one module a subject."""

from collections.abc import Mapping
from types import MappingProxyType

from photopeak.reports.phrases.chinese_alerts import CHINESE_ALERTS_SAID
from photopeak.reports.phrases.chinese_common_names import CHINESE_COMMON_NAMES
from photopeak.reports.phrases.chinese_common_reasons import CHINESE_COMMON_REASONS
from photopeak.reports.phrases.chinese_counters_names import CHINESE_COUNTERS_NAMES
from photopeak.reports.phrases.chinese_counters_reasons import CHINESE_COUNTERS_REASONS
from photopeak.reports.phrases.chinese_ct import CHINESE_CT
from photopeak.reports.phrases.chinese_gamma_camera_conditions import (
    CHINESE_GAMMA_CAMERA_CONDITIONS,
)
from photopeak.reports.phrases.chinese_gamma_camera_figures import CHINESE_GAMMA_CAMERA_FIGURES
from photopeak.reports.phrases.chinese_gamma_camera_reasons import CHINESE_GAMMA_CAMERA_REASONS
from photopeak.reports.phrases.chinese_pet_names import CHINESE_PET_NAMES
from photopeak.reports.phrases.chinese_pet_reasons import CHINESE_PET_REASONS
from photopeak.reports.phrases.chinese_reading import CHINESE_READING
from photopeak.reports.phrases.chinese_routing import CHINESE_ROUTING
from photopeak.reports.phrases.chinese_service import CHINESE_SERVICE
from photopeak.reports.phrases.chinese_sources import CHINESE_CLAUSES, CHINESE_LIMIT_SOURCES
from photopeak.reports.phrases.chinese_spect import CHINESE_SPECT

_CHINESE = (
    CHINESE_ALERTS_SAID,
    CHINESE_CLAUSES,
    CHINESE_COMMON_NAMES,
    CHINESE_COMMON_REASONS,
    CHINESE_COUNTERS_NAMES,
    CHINESE_COUNTERS_REASONS,
    CHINESE_CT,
    CHINESE_GAMMA_CAMERA_CONDITIONS,
    CHINESE_GAMMA_CAMERA_FIGURES,
    CHINESE_GAMMA_CAMERA_REASONS,
    CHINESE_LIMIT_SOURCES,
    CHINESE_PET_NAMES,
    CHINESE_PET_REASONS,
    CHINESE_READING,
    CHINESE_ROUTING,
    CHINESE_SERVICE,
    CHINESE_SPECT,
)
CATALOGUES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {"zh": MappingProxyType({k: v for part in _CHINESE for k, v in part.items()})}
)
"""English template, with ``{}`` for what is put in, to its translation, by language."""
