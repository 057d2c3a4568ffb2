"""The words of boards, devices, associations and the health of the service in Chinese."""

from collections.abc import Mapping
from types import MappingProxyType

CHINESE_BOARD: Mapping[str, str] = MappingProxyType({})
