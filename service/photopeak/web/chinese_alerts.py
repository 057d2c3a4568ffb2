"""The words of the pages of alerts and silences in Chinese."""

from collections.abc import Mapping
from types import MappingProxyType

CHINESE_ALERTS: Mapping[str, str] = MappingProxyType(
    {
        "Alerts": "报警",
        "Alert": "报警",
        "What needs a person; an alert about a test ends when a repeat of it passes": (
            "需要人处理的事项；检测报警在同一检测复测合格后解除"
        ),
        "Not resolved": "未解除",
        "Not acknowledged": "未确认",
        "Acknowledged": "已确认",
        "Silenced": "已静默",
        "Silences": "静默",
        "Severity": "严重程度",
        "Since": "起始",
        "What happened": "经过",
        "Handling": "处理",
        "seen {count} times": "出现 {count} 次",
        "resolved {time}": "{time}解除",
        "Nobody yet": "尚无人确认",
        "silenced until {time} by {name}": "{name} 静默至 {time}",
        "No alert fits these filters.": "没有符合筛选条件的报警。",
        "Show all that are not resolved": "显示所有未解除的",
        "Nothing needs anybody": "没有需要处理的事项",
        "Alerts open by themselves: when a result is beyond its limits or cannot be had, when a test "
        "is overdue, when a series is not recognised, when the service itself is in trouble.": (
            "以下情况会自动产生报警：结果超限或无法得到、检测逾期、序列无法识别、服务本身有故障。"
        ),
        "Show resolved ones": "显示已解除的",
        "Service": "服务",
        "open since {time}": "自 {time} 起未解除",
        "open from {start} to {end}": "{start} 至 {end}",
        "Silence…": "静默…",
        "Acknowledge": "确认",
        "Says that somebody has taken notice. Judging goes on, it opens again when it gets worse, "
        "and it ends by itself when a repeat passes.": (
            "表示已有人注意到。判定照常进行；情况变重时重新打开，复测合格后自动解除。"
        ),
        "What ends it": "解除条件",
        "A result of the same test on the same detector, measured no earlier, in which this is good "
        "again. A result that is invalid, partial or without the number does not.": (
            "同一检测、同一探头、不早于本次测量的结果，且下列各项合格。"
            "无效、不完整或缺少该数值的结果不能解除。"
        ),
        "A result of the same test on the same detector, measured later, that breaks no limit and in "
        "which the trend shows this no more.": (
            "同一检测、同一探头、之后测量的结果，不超限，且趋势不再出现该信号。"
        ),
        "Opened": "产生",
        "Seen again": "再次出现",
        "Got worse": "变重",
        "Silence ended": "静默结束",
        "Resolved": "已解除",
        "withdrawn {time}": "{time}撤回",
        "A person ended it, for no repeat could.": "由人撤回，因为无法通过复测解除。",
        "Says that somebody has taken notice. Judging goes on, and it opens again when it gets worse.": (
            "表示已有人注意到。判定照常进行；情况变重时重新打开。"
        ),
        "Nothing ends it by itself": "不会自行解除",
        "It may never end by itself": "可能不会自行解除",
        "No repeat can show that this is good again: {reason}.": "无法通过复测证明恢复正常：{reason}。",
        "It stands until somebody has dealt with it: {reason}.": "在有人处理之前一直有效：{reason}。",
        "A physicist may withdraw it.": "可由物理师撤回。",
        "Withdrawing calls nothing good: results and history stay as they are. It opens anew when the "
        "cause returns.": "撤回不表示合格：结果和经过保持不变；原因再次出现时会产生新的报警。",
        "Withdraw the alert": "撤回报警",
        "it belongs to no device": "不属于任何设备",
        "its device is not configured any more": "其设备已不在配置中",
        "its device has no such detector any more": "其设备已没有该探头",
        "its test is not installed any more": "该检测已不再安装",
        "its limit is not in force any more": "其限值已不再生效",
        "its test is not scheduled for the device": "该设备未安排该检测",
        "it tells of something that happened once": "所述为一次性事件",
        "it ends when its sender is known, which may never be": "发送方被识别后即解除，但可能永远不会",
        "this alert ends when its cause is gone, and not before": "该报警在原因消除后才会解除",
        "Action level": "超限",
        "Critical": "严重",
        "The service cannot do its work.": "服务无法正常工作。",
        "A usable result of the test.": "该检测的可用结果。",
        "Beyond the limit: {numbers}": "超出限值：{numbers}",
        "Note": "说明",
        "Overdue": "逾期",
        "Somebody has to do something.": "需要有人处理。",
        "Somebody should look.": "需要有人查看。",
        "Good to know.": "供参考。",
        "It did not come in time.": "未按时收到。",
        "There is no number to judge.": "没有可判定的数值。",
        "A repeat passed, or the cause is gone.": "复测合格，或原因已消除。",
        "Mandatory limit": "强制限值",
        "Limit of the manufacturer": "厂家限值",
        "Limit from the baseline": "基线限值",
        "Recommended limit": "推荐限值",
        "Limit of the site": "本单位限值",
        "Informative limit": "参考限值",
        "Not analysed": "未能分析",
        "Condition of the test not met": "检测条件不满足",
        "Mandatory number missing": "缺少必需数值",
        "Condition not met, numbers valid": "条件不满足，数值有效",
        "Trend: {rule}": "趋势：{rule}",
        "{test}, detector {number}": "{test}，探头 {number}",
        "They keep messages back for a time. Everything is judged and shown as before, and their end "
        "is announced.": "静默在一段时间内不发送消息。判定和显示照常，结束时会通知。",
        "New silence": "新建静默",
        "In force": "生效中",
        "every device": "所有设备",
        "every test": "所有检测",
        "every judgement": "所有判定",
        "Judgement": "判定",
        "For": "时长",
        "{count} hour": "{count} 小时",
        "{count} hours": "{count} 小时",
        "{count} day": "{count} 天",
        "by {name}, {time}": "{name}，{time}",
        "until {time}": "至 {time}",
        "End now": "立即结束",
        "Nothing is silenced": "没有静默",
        "People hear of everything that they asked for. A silence begins on the page of an alert.": (
            "所有消息照常发送。可在报警页面上新建静默。"
        ),
        "Over": "已结束",
        "ended by {name}": "由 {name} 结束",
        "Keeps messages back for a time. Everything is judged and shown as before.": (
            "在一段时间内不发送消息。判定和显示照常。"
        ),
        "Which alerts, and until when": "哪些报警，多长时间",
        "Show what it hides": "显示会静默哪些报警",
        "Messages kept back now": "目前会被静默的报警",
        "None at the moment; what comes up while it holds is kept back as well.": (
            "目前没有；生效期间新出现的也会被静默。"
        ),
        "Choose a device, a test or a judgement.": "请选择设备、检测或判定。",
        "Silence until {time}": "静默至 {time}",
        "Silence": "静默",
        "give a reason": "请填写原因",
        "name a device, a test or a rule: nobody silences everything": (
            "请指定设备、检测或判定：不能静默所有报警"
        ),
    }
)
