"""What the service itself says of results, and what drawings say of themselves, in Chinese."""

from collections.abc import Mapping
from types import MappingProxyType

CHINESE_SERVICE: Mapping[str, str] = MappingProxyType(
    {
        # Places, as analyzers write them into sentences.
        "detector {}": "探头{}",
        "energy window {}": "能窗{}",
        "window {}": "能窗{}",
        "direction {}": "{}方向",
        "with scatter": "有散射",
        "without scatter": "无散射",
        "at {} mm": "距离{} mm",
        # Conditions of several images said once.
        "{}; first {}": "{}；首个：{}",
        "{}; worst {}": "{}；最差：{}",
        "{}; nearest to its bound {}": "{}；最接近界限：{}",
        # Conditions in a sentence.
        "{} is not known": "{}未知",
        "{} is not known, needs {}": "{}未知，需要{}",
        "at least {}": "不小于{}",
        "at most {}": "不大于{}",
        "at least {} and at most {}": "不小于{}且不大于{}",
        # Drawings.
        "{} point at or below zero not shown": "有{}个不大于零的点未显示",
        "{} points at or below zero not shown": "有{}个不大于零的点未显示",
        "{} over {}": "{}随{}的变化",
        "Curves: {}": "曲线：{}",
        "Lines: {}": "参考线：{}",
        "{} at {}": "{}（{}）",
        "Marked: {}": "标注：{}",
        "Image of {} rows and {} columns": "{}行{}列的图像",
        "pixels of {} by {} mm": "像素{}×{} mm",
        "shown from {} to {}": "显示范围{}至{}",
        "Table of {} rows: {}": "{}行的表：{}",
        "{} more rows": "另有{}行",
    }
)
"""Chinese by the English text."""
