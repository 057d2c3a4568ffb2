"""The words of the pages in Chinese, for the schedule and its calendars."""

from collections.abc import Mapping
from types import MappingProxyType

CHINESE_SCHEDULE: Mapping[str, str] = MappingProxyType(
    {
        "Schedule": "质控计划",
        "What is due when; times in {zone}": "各项检测的应做时间；时区 {zone}",
        "Monday": "星期一",
        "Tuesday": "星期二",
        "Wednesday": "星期三",
        "Thursday": "星期四",
        "Friday": "星期五",
        "Saturday": "星期六",
        "Sunday": "星期日",
        # What comes due.
        "Coming due": "即将到期",
        "missing, due now, and the next two weeks": "缺做、现在应做以及未来两周",
        "Due": "待做",
        "Planned": "已计划",
        "Its window is not open yet.": "尚未到可做时间。",
        "Missed": "缺做",
        "No usable result came for it.": "没有收到可用的结果。",
        "To be done by": "应做时间",
        "Missing from": "逾期时间",
        "Last result": "最近结果",
        "required for Ready": "判定“可以使用”所必需",
        "not required for Ready": "判定“可以使用”非必需",
        "detector {heads} is missing": "缺少探头 {heads}",
        "the last result failed": "最近结果超限",
        "what came could not be analysed": "收到的数据无法分析",
        ", ": "，",
        "none yet": "尚无",
        "Nothing is due in the next two weeks.": "未来两周内没有到期的检测。",
        "Nothing is scheduled": "尚未安排检测",
        "No rule of schedule.toml is for a device of devices.toml.": (
            "schedule.toml 中没有适用于 devices.toml 中设备的规则。"
        ),
        "Copy schedule.toml from the example configuration beside devices.toml, and change it to what your department does.": (
            "请将示例配置中的 schedule.toml 复制到 devices.toml 旁，并按本科室实际情况修改。"
        ),
        "Without a schedule nothing is ever missing, and no device is called ready.": (
            "没有计划就不会有缺做，也不会有设备被判定为“可以使用”。"
        ),
        # The month.
        "Months": "月份",
        "Earlier": "上一月",
        "This month": "本月",
        "Later": "下一月",
        "What is due in {month}": "{month}应做的检测",
        "Today": "今天",
        "Holiday": "节假日",
        "Not in use: {name}": "停用：{name}",
        "and {count} more": "另有 {count} 项",
        "2/3: of three devices two have a usable result in the window of this day. The colour is that of the worst.": (
            "2/3：三台设备中有两台在当天的时间窗内有可用结果。颜色取最差者。"
        ),
        # Devices that are not in use.
        "Not in use": "停用",
        "nothing is missing on these days": "停用期间不计缺做",
        "Days": "日期",
        "Reason": "原因",
        "Take back": "撤销",
        "It is in use": "恢复使用",
        "Every device is in use today.": "今天所有设备均在使用。",
        "To": "至",
        "Why it is not in use": "停用原因",
        "Not in use on these days": "这些日期停用",
        "Choose a device and its days.": "请选择设备和日期。",
        "Say why it is not in use.": "请说明停用原因。",
        "Say why it is in use again.": "请说明恢复使用的原因。",
        "These days are noted already, in the wrong order, or more than a year.": (
            "这些日期已有记录、顺序有误或超过一年。"
        ),
        # Calendars.
        "In your own calendar": "订阅到自己的日历",
        "Addresses of calendars": "日历地址",
        "Calendar": "日历",
        "Last read": "最近读取",
        "never": "从未",
        "Withdraw": "撤回",
        "No calendar reads the schedule yet. Make an address and subscribe to it in Outlook, Google Calendar or on a phone.": (
            "尚无日历读取本计划。请生成一个地址，并在 Outlook、手机等日历程序中订阅。"
        ),
        "Who or what will read it": "由谁或什么程序读取",
        "Make an address": "生成地址",
        "Give the calendar a name.": "请为日历命名。",
        "The address of the calendar": "日历地址",
        "Give it to your calendar program now: it is shown this once. Whoever has it can read the schedule.": (
            "请立即填入您的日历程序：地址只显示这一次。持有该地址者即可读取计划。"
        ),
        "Put the name of this host in place of the first part, or have web.public_url set.": (
            "请将开头部分换成本机名称，或设置 web.public_url。"
        ),
        "Quality control, {place}": "质量控制，{place}",
        "Done: {what}": "已完成：{what}",
        "Due {due}, missing from {end} on.": "应于 {due} 前完成，{end} 起为逾期。",
        "{what}: was due {due}": "{what}：应于 {due} 前完成",
        "{count} QC test is overdue": "{count} 项质控检测逾期",
        "{count} QC tests are overdue": "{count} 项质控检测逾期",
    }
)
"""Translations of the messages of the pages on the schedule."""
