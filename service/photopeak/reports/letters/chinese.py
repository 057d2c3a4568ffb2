"""The words of mails and chats in Chinese."""

from collections.abc import Mapping
from types import MappingProxyType

CHINESE: Mapping[str, str] = MappingProxyType(
    {
        "Pass": "合格",
        "Warning": "警告",
        "Action": "超限",
        "No result": "无法分析",
        "Due": "待做",
        "Overdue": "逾期",
        "Acknowledged": "已确认",
        "Resolved": "已解除",
        "Withdrawn": "已撤回",
        "To review": "待审核",
        "Note": "说明",
        "Still {status}: {what}": "仍为{status}：{what}",
        "{status}, nobody has taken notice: {what}": "{status}，无人确认：{what}",
        "Resolved: {what}": "已解除：{what}",
        "{status}: {what}": "{status}：{what}",
        "{what} and {count} more": "{what}等{total}项",
        "Test message from {site}": "{site}的测试消息",
        "{site}: {count} to look at": "{site}：{count}项待处理",
        "{device}, {test}": "{device}，{test}",
        "detector {number}": "探头{number}",
        "{text} ({detail})": "{text}（{detail}）",
        "{quantity} is {value}": "{quantity}为{value}",
        "{quantity} is {value}, {distance} above the limit of {limit}": (
            "{quantity}为{value}，超出上限{limit}达{distance}"
        ),
        "{quantity} is {value}, {distance} below the limit of {limit}": (
            "{quantity}为{value}，低于下限{limit}达{distance}"
        ),
        "{quantity} is {value}, within the limit of {limit}": "{quantity}为{value}，在限值{limit}以内",
        "{quantity} is {value}, within {lower} to {upper}": "{quantity}为{value}，在{lower}至{upper}以内",
        "It could not be analysed": "无法分析",
        "It was not measured in time": "未按时检测",
        "It is to be measured": "待检测",
        "It is good again": "已恢复正常",
        "Somebody ended it, for no repeat can": "已由人撤回，因为无法通过复测解除",
        "Results wait for a review": "有结果待审核",
        "since {moment}": "自{moment}起",
        "seen by {name}": "{name}已知悉",
        "{sentence}.": "{sentence}。",
        "{one}, {other}": "{one}，{other}",
        "Next: {step}.": "下一步：{step}。",
        "repeat the test, and contact physics if it fails again": "请重复检测；若仍超限，请联系物理师",
        "look at the trend and repeat the test": "请查看趋势并重复检测",
        "look at why, and send the images again or measure again": "请查看原因，重新发送图像或重新采集",
        "measure it, or mark the device as not in use today": "请完成检测，或将设备标记为今日停用",
        "measure it today": "请于今日完成检测",
        "review the results": "请审核结果",
        "nothing; the repeat was good": "无需处理；复检合格",
        "nothing; the test did not pass, and nobody is told of it any more": "无需处理；该检测并未合格，之后不再提醒",
        "nothing; this only shows that messages arrive": "无需处理；本消息仅用于确认能够送达",
        "look at the page of notifications": "请查看通知页面",
        "look at the result": "请查看结果",
        "look at the alert": "请查看该报警",
        "First: {status}: {what}.": "首项：{status}：{what}。",
        "Open": "打开",
        "Open in Photopeak": "在Photopeak中打开",
        "State": "状态",
        "Device": "设备",
        "Test": "检测项目",
        "Measured": "测得值",
        "Limit": "限值",
        "Since": "起始时间",
        "What": "内容",
        "{count} more are on the pages.": "其余{count}项请见页面。",
        "Picture of the result": "结果图像",
        "Sent by Photopeak at {site} on {moment} ({zone}). Message {id}": (
            "由{site}的Photopeak于{moment}（{zone}）发送。消息编号{id}"
        ),
        "Quality-control aid, no medical device. Verify before clinical action.": (
            "本软件为质量控制辅助工具，非医疗器械；采取临床措施前请核实。"
        ),
        "at least {lower}": "不低于{lower}",
        "at most {upper}": "不超过{upper}",
        "{lower} to {upper}": "{lower}至{upper}",
        "A channel of messages was disabled": "一个消息通道已停用",
        "This is a test: messages arrive here.": "这是一条测试消息：消息能够送达此处。",
    }
)
"""Chinese by English."""
