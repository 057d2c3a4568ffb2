"""The words of the pages in Chinese, for those where people write something down."""

from collections.abc import Mapping
from types import MappingProxyType

CHINESE: Mapping[str, str] = MappingProxyType(
    {
        "Enter": "录入",
        "More": "更多",
        # Problems.
        "The request cannot be understood": "无法理解该请求",
        "A valid token is needed": "需要有效的令牌",
        "Not allowed": "不允许",
        "Not found": "未找到",
        "This address does not take that method": "该地址不支持此方法",
        "The request took too long": "请求超时",
        "This contradicts the present state": "与当前状态冲突",
        "The body is too large": "内容过大",
        "This kind of body is not taken here": "不接受此类内容",
        "A value is not acceptable": "数值不可接受",
        "Too many requests": "请求过多",
        "The header is too large": "请求头过大",
        "The request failed inside the service": "服务内部出错",
        "This is not installed": "未安装",
        "The service cannot answer at the moment": "服务暂时无法响应",
        "Enter a measurement": "录入测量",
        "For tests whose numbers a person or an instrument without DICOM supplies": (
            "用于由人员或无DICOM仪器提供数值的检测"
        ),
        "Device": "设备",
        "Test": "检测项目",
        "Choose…": "请选择…",
        "Numbers alone": "纯数值",
        "Numbers that go with images": "配合图像的数值",
        "Go on": "继续",
        "No installed test takes numbers": "已安装的检测均无需录入数值",
        "The workers tell which tests are installed when they start.": (
            "工作进程启动时会告知已安装哪些检测。"
        ),
        "No device is configured": "尚未配置设备",
        "A measurement belongs to a device of devices.toml; an instrument without images is one with dicom = false.": (
            "测量须属于devices.toml中的设备；不产生图像的仪器设dicom = false。"
        ),
        "Where you are": "当前位置",
        "Another test": "其他检测",
        "Nothing was kept: {count} field is to be corrected.": "未保存：有{count}处需要更正。",
        "Nothing was kept: {count} fields are to be corrected.": "未保存：有{count}处需要更正。",
        "Measured at ({zone})": "测量时间（{zone}）",
        "Measured by": "测量人",
        "Text that is followed": "依据的标准",
        "Detector": "探头",
        "All of them together": "全部探头",
        "Save and analyse": "保存并分析",
        "optional": "选填",
        "More rows": "增加行",
        "Paste rows from a spreadsheet": "从电子表格粘贴",
        "One row per line, in the order of the columns, without a heading. What is pasted replaces the rows above.": (
            "每行一条，按列的顺序，不含表头。粘贴的内容将取代上面的各行。"
        ),
        "{count} row is stored; paste rows to replace it.": "已存{count}行；粘贴新行可取代。",
        "{count} rows are stored; paste rows to replace them.": "已存{count}行；粘贴新行可取代。",
        "Standard uncertainty, if known": "标准不确定度（如已知）",
        "Last time: {value} ({day})": "上次：{value}（{day}）",
        "{least} to {most}": "{least} 至 {most}",
        "at least {least}": "不小于 {least}",
        "at most {most}": "不大于 {most}",
        "Row {place}: {said}": "第{place}行：{said}",
        "The number of rows is {bounds}.": "行数应为 {bounds}。",
        "This is needed.": "此项必填。",
        "This is a number.": "此处应为数字。",
        "A date with time is needed here.": "此处应为日期和时间。",
        "This is in the future.": "该时间在将来。",
        "The device was not there yet.": "当时该设备尚未投入使用。",
        "Choose one of these.": "请从列出的选项中选择。",
        "One line of at most 200 characters is needed here.": "此处应为一行文字，不超过200字符。",
        "{value} cannot be: allowed is {bounds}.": "{value} 不可能：允许范围为 {bounds}。",
        "Readings": "读数",
        "Readings of this test": "本次检测的读数",
        "Corrections": "更正",
        "{count} row": "{count}行",
        "{count} rows": "{count}行",
        "Save readings": "保存读数",
        "Why it is corrected": "更正原因",
        "Needed when a number is changed that a result was made from. The result stays; the new one supersedes it.": (
            "更改已用于得出结果的数值时必填。原结果保留，由新结果取代。"
        ),
        "measured {time}": "测量于{time}",
        "by {name}": "测量人：{name}",
        "detector {number}": "探头{number}",
    }
)
"""Translations by the English message."""
