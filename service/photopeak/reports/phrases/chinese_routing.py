"""What routing says of a series, and why people cannot sort one, in Chinese."""

from collections.abc import Mapping
from types import MappingProxyType

CHINESE_ROUTING: Mapping[str, str] = MappingProxyType(
    {
        "{}; the pixels look like {}, but only {} sure": "{}；图像内容像{}，但把握只有{}",
        "{}; the pixels look like {}, but {}": "{}；图像内容像{}，但{}",
        "{}, and the pixels tell nothing": "{}，图像内容也无法判断",
        "{} leaves it to the pixels": "{}交由图像内容判断",
        "{} was rejected: {}": "{}被否定：{}",
        "recognised by {}": "识别依据：{}",
        "taught for exactly this {} on this device": "在此设备上所教：{}完全相同",
        "taught for exactly this {} on this device up to the numbers that may vary": (
            "在此设备上所教：{}除可变数字外完全相同"
        ),
        "no rule matches": "没有规则与之相符",
        "the series is {}; it cannot be assigned now": "序列状态为{}，现在不能指定",
        "the series is {}; nothing can be taught from it now": "序列状态为{}，现在不能以它为例",
        "{} past series are known by another rule; say that they are meant": (
            "过去有{}个序列另有规则识别；请确认也包括它们"
        ),
        "no quality control, says {}: {}": "{}说明不是质控：{}",
    }
)
