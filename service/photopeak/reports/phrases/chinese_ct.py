"""What analyzers of CT say, in Chinese."""

from collections.abc import Mapping
from types import MappingProxyType

CHINESE_CT: Mapping[str, str] = MappingProxyType(
    {
        "CT number": "CT值",
        "CT number of the phantom": "模体的CT值",
        "CT number of the slices that show water alone": "仅显示水的各层的CT值",
        "Position from the first slice": "距首层的位置",
        "Regions": "感兴趣区",
        "Slice {} with the phantom and the regions": "第{}层的模体与感兴趣区",
        "a phantom of {} mm has no room for regions {} mm wide and {} mm from its edge beside one at the centre": "{} mm的模体除中心外没有位置放置宽{} mm、距边缘{} mm的感兴趣区",
        "a phantom that is wholly in the field of view": "模体完全位于视野内",
        "a round phantom across the slices": "横断层面的圆形模体",
        "a side of a pixel is {} mm, needs {} to {} mm": "像素边长为{} mm，需要{}至{} mm",
        "a slice is scaled by {}, needs a slope above 0": "某层的缩放斜率为{}，需要大于0",
        "a water phantom": "水模",
        "centre": "中心",
        "diameter of the phantom": "模体直径",
        "distance of the phantom from the middle of the field of view": "模体到视野中心的距离",
        "distance of the phantom to the end of the field of view": "模体到视野边缘的距离",
        "kind of the volume": "图像的种类",
        "mean (HU)": "均值（HU）",
        "mean of two fifths of the area": "五分之二面积的均值",
        "measured slice": "测量层",
        "no voxel is denser than {} HU: the series shows air alone": "没有高于{} HU的体素：序列只显示空气",
        "noise": "噪声",
        "noise of a region at the edge over that of the centre": "周边感兴趣区与中心噪声之比",
        "phantom {} mm": "模体{} mm",
        "radius of the phantom": "模体半径",
        "share of the surface that lies on a circle": "表面位于圆上的份额",
        "share of the surface that was not measured": "表面未测量的份额",
        "slice {} holds values that are no numbers": "第{}层含非数值的体素",
        "slice {} holds values up to {} HU, needs at most {}: a scale is wrong": "第{}层的值高至{} HU，不得超过{}：定标有误",
        "slice {} was measured, the middle one of {} that were looked at and show water alone; noise is in percent of 1000 HU from water to air": "测量了第{}层，即所查看且仅显示水的{}层的中间层；噪声以水与空气之差1000 HU的百分比表示",
        "standard deviation (HU)": "标准差（HU）",
        "the largest circle that is denser than {} HU has a radius of {} mm, needs {} mm: no phantom stands out of air": "高于{} HU的最大圆半径为{} mm，需要{} mm：没有从空气中突出的模体",
        "told by the header: results are compared with those of the same one": "由文件头注明：结果只与相同条件的结果比较",
        "voxels as dense as a phantom": "密度达到模体的体素",
        "water": "水",
        "water alone in each region: no bubble, no wall, no insert": "各感兴趣区内仅有水：无气泡、无壁、无插件",
        "{} slices of the phantom show more than water or other values and were left out": "{}层模体显示水以外的内容或其他值，不予采用",
    }
)
"""Chinese by the English text."""
