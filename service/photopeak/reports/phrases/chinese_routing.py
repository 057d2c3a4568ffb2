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
        "a document that no test reads is kept and shown": "没有检测读取的文档：保存并显示",
        "a screen image is kept and shown; it holds no measured counts": "屏幕截图：保存并显示，不含测量计数",
        "a structured report is kept and shown; it holds no image": "结构化报告：保存并显示，不含图像",
        "an object of a kind that this service does not know": "本服务未知类型的对象",
        "raw data of the maker are kept; their form is not public": "厂家原始数据：予以保存，其格式未公开",
        "taught to be no quality control": "已由人员标为非质控",
        "the image shows a body": "图像显示人体",
        "the sender named the test": "发送方指定了检测",
        "the sender named the device {}, which is not configured": "发送方指定的设备{}未配置",
        "no configured device fits: the device is not known": "没有相符的已配置设备：设备未知",
        "{} fit equally well: the device is not known": "{}同样相符：设备未知",
        "no device is configured": "未配置设备",
        "looks like a patient: {}": "疑似患者数据：{}",
        "a birth date that may be real": "出生日期可能为真实",
        "an accession number": "有检查号",
        "no name of a phantom": "名称不是模体",
        "neither name nor identifier is that of a phantom": "姓名和编号均不是模体",
        "name and identifier are those of a phantom": "姓名和编号均为模体",
        "the object declares itself as quality control": "对象声明为质控",
        "the object names nobody": "对象未注明姓名",
        "the series is {}; it cannot be assigned now": "序列状态为{}，现在不能指定",
        "the series is {}; nothing can be taught from it now": "序列状态为{}，现在不能以它为例",
        "{} past series are known by another rule; say that they are meant": (
            "过去有{}个序列另有规则识别；请确认也包括它们"
        ),
        "no quality control, says {}: {}": "{}说明不是质控：{}",
    }
)
