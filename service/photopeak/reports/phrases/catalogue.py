"""Catalogues of the phrases, by language; one module a subject."""

from collections.abc import Mapping
from types import MappingProxyType

from photopeak.reports.phrases.chinese_common_names import CHINESE_COMMON_NAMES
from photopeak.reports.phrases.chinese_common_reasons import CHINESE_COMMON_REASONS
from photopeak.reports.phrases.chinese_service import CHINESE_SERVICE

_CHINESE = (
    CHINESE_COMMON_NAMES,
    CHINESE_COMMON_REASONS,
    CHINESE_SERVICE,
)
CATALOGUES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {"zh": MappingProxyType({k: v for part in _CHINESE for k, v in part.items()})}
)
"""English template, with ``{}`` for what is put in, to its translation, by language."""
