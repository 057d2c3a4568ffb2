"""The words of the pages in Chinese, for the inbox, series, teaching and routes."""

from collections.abc import Mapping
from types import MappingProxyType

CHINESE_INBOX: Mapping[str, str] = MappingProxyType(
    {
        # The inbox.
        "Inbox": "待识别",
        "Series that need a word from somebody; those that are alike stand in one line": (
            "需要有人说明的序列；相同的合为一行"
        ),
        "Series that need a word from somebody": "需要有人说明的序列",
        "Last received": "最近接收",
        "Alike": "相同",
        "alike": "个相同",
        "Explanation": "说明",
        "What to do": "操作",
        "Open": "打开",
        "Teach a route": "教一条路由",
        "The latest are shown; choose a device or a state to see others.": (
            "仅显示最近的；选择设备或状态可查看其他的。"
        ),
        "No series fits these filters.": "没有符合条件的序列。",
        "Nothing like this": "没有符合的内容",
        "The inbox is empty": "没有待识别的序列",
        "Every series that came is known by a rule. One that no rule knows will stand here.": (
            "收到的每个序列都有规则识别。没有规则识别的序列会列在这里。"
        ),
        "All series": "全部序列",
        "Nothing has arrived yet": "尚未收到任何数据",
        "A series that no rule knows will stand here. Bring a first one:": (
            "没有规则识别的序列会列在这里。请送来第一个序列："
        ),
        "Bring a first series in one of these ways:": "可用下列方式之一送来第一个序列：",
        "Send from the console to AE title {title}, port {port} of this host.": (
            "从采集工作站发送到本机：AE 名称 {title}，端口 {port}。"
        ),
        "Send files from a computer:": "从计算机发送文件：",
        "Upload over HTTP:": "通过 HTTP 上传：",
        "Look at it with simulated scanners:": "用模拟扫描设备演示：",
        "Held back": "已扣留",
        "they look like a patient's, so nothing of them is shown": "疑似患者数据，内容一概不显示",
        "from {first} to {last}": "{first} 至 {last}",
        "They are deleted after the time that the site has set. A phantom that is held back needs a name or an ID of the list of the guard.": (
            "到本单位设定的期限后删除。若被扣留的是体模，其姓名或 ID 须在允许名单内。"
        ),
        "{count} series": "{count} 个序列",
        # Series that are alike.
        "Its content suggests: {test}": "内容看似：{test}",
        "Header texts": "头信息文字",
        "as rules compare them": "规则比较时的形式",
        "They are not kept of this series: it came before they were, or no rule is asked of such an object.": (
            "此序列未保存这些文字：它在开始保存之前收到，或此类对象不经规则判断。"
        ),
        "It has no text by which series like it could be known again.": (
            "没有可用来再次识别同类序列的文字。"
        ),
        "Series that are alike": "相同的序列",
        "Tests that it belongs to": "所属的检测",
        "For a kind of series that will come again: say once what it is, see what that matches in the past, and have it put in force.": (
            "适用于还会再来的序列：说明一次它是什么，查看它与过去哪些序列相符，再使其生效。"
        ),
        "Assign this series once": "仅指定此序列",
        "The last one received is assigned. Nothing is learned: the next one like it stands here again.": (
            "指定最近收到的那一个。系统不学习：下一个同类序列仍会列在这里。"
        ),
        "What it is": "它是什么",
        "Choose…": "请选择…",
        "Assign once": "仅指定一次",
        "Assign it once": "仅指定一次",
        "Put it into a test that waits": "放入等待中的检测",
        "Add series": "加入序列",
        "Not quality control": "非质控",
        "It leaves the inbox and is never analysed. To have all that will come treated so, teach a route that says it.": (
            "它将离开待识别列表，不作分析。若以后的同类序列都应如此，请教一条这样的路由。"
        ),
        "Somebody with the role of a technologist says what it is.": "由具有技师角色的人说明它是什么。",
        "{count} object": "{count} 个对象",
        "{count} objects": "{count} 个对象",
        "All {count} that are alike": "全部 {count} 个相同的序列",
        "{test}, {device}, {day}: {role}": "{test}，{device}，{day}：{role}",
        # Teaching.
        "from {series} of {device}": "以 {device} 的 {series} 为例",
        "What it is, and how to know it again": "它是什么，如何再次识别",
        "Nothing to go by": "没有可依据的文字",
        "Texts that have to be equal": "必须相同的文字",
        "Ticked is what other unknown series share and series that go elsewhere do not.": (
            "勾选的是其他未识别序列共有、而去向不同的序列没有的文字。"
        ),
        "(absent)": "（无）",
        "none that goes elsewhere has it": "去向不同的序列都没有",
        "{count} that goes elsewhere has it": "{count} 种去向不同的序列也有",
        "{count} that go elsewhere have it": "{count} 种去向不同的序列也有",
        "{count} other unknown text": "另有 {count} 种未识别的文字相同",
        "{count} other unknown texts": "另有 {count} 种未识别的文字相同",
        "The number {number}": "数字 {number}",
        "stays {number}": "固定为 {number}",
        "may be any": "可为任意数",
        "Save, not yet in force": "保存，暂不生效",
        "Try it on this series": "在此序列上试用",
        "What routing would decide about this series": "对此序列将作的判定",
        "Nothing can be taught from this series": "不能以此序列为例",
        "Rule": "规则",
        "Field": "字段",
        "Second best": "次选规则",
        "this lesson": "此处所教",
        ", ": "，",
        # What it would match.
        "In the past": "在过去",
        "matches {count} past series": "与过去 {count} 个序列相符",
        "{count} claimed by another rule": "其中 {count} 个已属其他规则",
        "{count} of them would be taken over: what is taught goes before the rules of files and before what is taught with fewer texts.": (
            "其中 {count} 个将改归此路由：所教路由优先于文件中的规则，也优先于所用文字较少的其他所教路由。"
        ),
        "Texts": "文字",
        "Goes today to": "目前去向",
        "Claimed by": "所属规则",
        "last {time}": "最近 {time}",
        "goes before this one and keeps them": "优先于此路由，仍归其所有",
        "The series": "这些序列",
        "No past series has these texts; it is for those that will come.": (
            "过去没有这样的序列；它用于以后的序列。"
        ),
        "Nobody knows them": "无规则识别",
        "nobody": "无规则",
        "what the pixels show": "由图像内容判断",
        "what the sender said": "由发送者说明",
        "taught: {texts}": "所教：{texts}",
        # Routes.
        "Routes": "路由",
        "By what series are known, what goes before what, and what was found in the last 90 days": (
            "序列如何识别、规则的先后，以及近 90 天的命中"
        ),
        "Route test": "路由试验",
        "Taught, not in force": "所教但未生效",
        "taught by {who}": "由 {who} 所教",
        "Rules in force": "生效的规则",
        "version {version}": "版本 {version}",
        "Priority": "优先级",
        "priority {number}": "优先级 {number}",
        "Leads to": "去向",
        "Looks for": "查找内容",
        "In 90 days": "90 天内",
        "Last hit": "最近命中",
        "never hit": "从未命中",
        "adds {test}": "另加 {test}",
        "A rule of priority 200 or more goes before the others. Among these the field counts first in which the text was found, then the priority. What is taught goes before all of them.": (
            "优先级 200 及以上的规则优先于其他规则。其余规则先看文字所在的字段，再看优先级。所教路由优先于全部规则。"
        ),
        "No rule is in force": "没有生效的规则",
        "Rules stand in the files of the folder routes of the configuration.": (
            "规则写在配置的 routes 文件夹中的文件里。"
        ),
        "It looks for no words": "此规则不查找文字",
        "It asks for other elements of the header, which are not kept of past series. Try it on one of them.": (
            "它查看头信息的其他元素，过去的序列未保存这些元素。请用其中一个序列试验。"
        ),
        "On the past": "在过去的序列上",
        "Only the words are tried. What it asks of other elements of the header is not kept, and gates and pixels may still speak against it.": (
            "此处只比较文字。它对头信息其他元素的要求未保存，头信息核对和图像内容仍可能否定它。"
        ),
        "There are more series than could be looked at in the time.": "序列过多，未能在限定时间内全部查看。",
        "Known by": "识别规则",
        "{count} series looked at": "查看了 {count} 个序列",
        "its words find {count} past series": "其文字与过去 {count} 个序列相符",
        "{count} goes elsewhere today": "其中 {count} 个目前去向不同",
        "{count} go elsewhere today": "其中 {count} 个目前去向不同",
        "What would be decided now, and why; nothing is kept": "现在将如何判定及其理由；不保存任何内容",
        "A past series": "过去的序列",
        "Try it": "试验",
        "No series has arrived yet. Upload a file, or send one from a console.": (
            "尚未收到序列。请上传文件，或从采集工作站发送。"
        ),
        "A file": "文件",
        "DICOM file or report": "DICOM 文件或报告",
        "Without scripts:": "不用脚本时：",
        "What routing would decide": "将作的判定",
        "What routing would decide about {name}": "对“{name}”将作的判定",
        "It could not be tried.": "无法试验。",
        "Trying…": "正在试验…",
        "It goes to a test": "归入检测",
        "No rule knows it": "没有规则识别它",
        "Held back: it looks like a patient's": "扣留：疑似患者数据",
        # A taught route.
        "Taught route": "所教路由",
        "Not in force": "未生效",
        "Superseded": "已被取代",
        "Withdrawn": "已撤回",
        "Somebody has to put it in force.": "须由有权限的人使其生效。",
        "New series are known by it.": "新序列由它识别。",
        "A later version took its place.": "已由更新的版本取代。",
        "It is not in force any more.": "已不再生效。",
        "An earlier version is in force until then.": "在此之前仍由较早版本生效。",
        "What it looks for": "查找的文字",
        "Taught from": "所用示例",
        "Put it in force": "使其生效",
        "From then on series of this device with these texts go there by themselves.": (
            "此后该设备带有这些文字的序列将自动归入。"
        ),
        "The {count} past series that another rule knows is meant, too": (
            "也包括另有规则识别的 {count} 个过去的序列"
        ),
        "The {count} past series that another rule knows are meant, too": (
            "也包括另有规则识别的 {count} 个过去的序列"
        ),
        "A physicist puts it in force.": "由物理师使其生效。",
        "The past": "过去的序列",
        "{count} past series that it matches was not analysed.": "与之相符的 {count} 个过去的序列未曾分析。",
        "{count} past series that it matches were not analysed.": "与之相符的 {count} 个过去的序列未曾分析。",
        "There are more; they can be routed after these.": "还有更多，可在这些之后处理。",
        "Route them again": "重新判定这些序列",
        "{count} past series is routed again.": "正在重新判定 {count} 个过去的序列。",
        "{count} past series are routed again.": "正在重新判定 {count} 个过去的序列。",
        "Withdraw it": "撤回",
        "Withdraw": "撤回",
        "Drop it": "放弃草稿",
        "Drop": "放弃",
        "What it decided stays as it is; series that come later are not known by it.": (
            "已作的判定保持不变；以后的序列不再由它识别。"
        ),
        "Versions": "版本",
        "put in force by {who}": "由 {who} 使其生效",
        "withdrawn by {who}": "由 {who} 撤回",
        # Series.
        "Series": "序列",
        "What came in, the latest first; renews itself": "收到的序列，最近的在前；自动更新",
        "Series that were received": "收到的序列",
        "Received": "接收时间",
        "Objects": "对象",
        "Earlier ones": "更早的",
        "Say what it is…": "说明它是什么…",
        "Series without a description": "无描述的序列",
        "Unknown device": "未知设备",
        "Sent by": "发送者",
        "Modality": "设备类型",
        "Acquired": "采集时间",
        "First object": "第一个对象",
        "Last object": "最后一个对象",
        "Series UID": "序列 UID",
        "How it was recognised": "如何识别",
        "Confidence": "可信度",
        "Nothing has been decided yet: the series is still arriving.": "尚未判定：序列仍在接收。",
        "Earlier decisions": "先前的判定",
        "other bytes, same UID": "UID 相同但内容不同",
        "{count} other device does not fit": "另外 {count} 台设备不符",
        "{count} other devices do not fit": "另外 {count} 台设备不符",
        "Receiving": "接收中",
        "Objects are still arriving.": "对象仍在陆续到达。",
        "Complete": "已收齐",
        "All objects are here.": "对象已全部收到。",
        "Not recognised": "未识别",
        "No route knows this series.": "没有路由识别此序列。",
        "Not QC": "非质控",
        "Not a quality-control series.": "不是质控序列。",
        "It looks like a patient's.": "疑似患者数据。",
        "Waiting": "等待中",
        "The test needs something more.": "检测还缺内容。",
        "Queued": "排队中",
        "It will be analysed.": "即将分析。",
        "Running": "分析中",
        "It is being analysed.": "正在分析。",
        "Analysed": "已分析",
        "It has been analysed.": "已完成分析。",
        "It cannot be analysed as it is.": "现有数据无法分析。",
        "Failed": "失败",
        "The analysis broke off.": "分析中断。",
        "matched": "符合",
        "rejected": "否定",
        "changed": "更改",
        "confirmed": "确认",
        "suggested": "建议",
        "passed": "通过",
        # Tests that wait.
        "A test with several inputs stands here until all of them have arrived.": (
            "需要多个输入的检测在此等待，直到全部到齐。"
        ),
        "Waits for": "等待",
        "Enter a measurement": "录入测量",
        "Add what is missing": "补充所缺内容",
        # Why something was not done, and what routing says most.
        "a reason is needed": "必须填写理由",
        "there is no such test": "没有这项检测",
        "there is no such number in the chosen texts": "所选文字中没有这个数字",
        "two numbers have the same meaning": "两个数字的含义相同",
        "none of the chosen texts is there: tick one that has words": "请勾选一项有文字的内容",
        "either a test or ignore has to be given": "请选择它是什么",
        "only a version that is not in force yet is activated": "只有未生效的版本才能使其生效",
        "only for a route that is in force": "仅适用于生效的路由",
        "the test has no such role": "该检测没有这种输入",
        "only a series that nobody knows is set aside": "只有未识别的序列才能标为非质控",
        "to be routed again": "等待重新判定",
        "assigned by a person": "由人员指定",
        "the pixels were not looked at": "未查看图像内容",
        "no configured device fits: the device is not known": "没有相符的已配置设备：设备未知",
        "no device is configured": "未配置任何设备",
        "named by the sender": "由发送者指明",
        "the sender named the test": "发送者指明了检测",
    }
)
