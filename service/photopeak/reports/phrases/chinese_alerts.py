"""What alerts say, and by what they end, in Chinese."""

from collections.abc import Mapping
from types import MappingProxyType

CHINESE_ALERTS_SAID: Mapping[str, str] = MappingProxyType(
    {
        # Results.
        "{}: not met or not known": "{}：不满足或未知",
        "{} is asked for by {} and was not measured": "{1}要求{0}，但未测量",
        "{} has another unit than its limit in {}": "{}的单位与{}中的限值不同",
        "{} is {}, beyond {}": "{}为{}，超出{}",
        "{} is {}, above {} ({})": "{}为{}，高于{}（{}）",
        "{} is {}, below {} ({})": "{}为{}，低于{}（{}）",
        "an error in the service, see traceback {} in its log": "服务出错，见其日志中的traceback {}",
        "the analysis took longer than {} s": "分析超过{} s",
        "the analysis needed more than {} bytes": "分析所需内存超过{}字节",
        "the analysis process ended without an answer": "分析进程未作答复即结束",
        "the analysis process ended with code {}": "分析进程结束，代码{}",
        "the analysis process was ended by {}": "分析进程被{}终止",
        "the analysis failed": "分析失败",
        "The test {} cannot be done": "检测{}无法进行",
        "{}. Its series wait or are refused until the analyzer is mended.": (
            "{}。在分析程序修复之前，其序列等待或被拒绝。"
        ),
        "Trends were not looked at": "未查看趋势",
        "{}: the result stands, its trends were not looked at ({}); see traceback {} in the log": (
            "{}：结果有效，但未查看其趋势（{}）；见日志中的traceback {}"
        ),
        # The schedule.
        "due {} ({}), nothing was received": "应于{}（{}）前完成，未收到任何数据",
        "due {} ({}), nothing of detector {} was received": "应于{}（{}）前完成，未收到探头{}的数据",
        "due {} ({}), what was received cannot be used": "应于{}（{}）前完成，收到的数据无法使用",
        "not scheduled any more": "已不在计划中",
        "not due any more": "已不再到期",
        "a usable result has arrived": "已收到可用的结果",
        "not in use: {}": "未使用：{}",
        "missing again on {}": "{}再次缺失",
        # Series.
        "Series in quarantine": "序列已隔离",
        "Series without a route": "没有路由的序列",
        "Routing rule {} was stopped": "路由规则{}已停用",
        "New scanner seen": "发现新设备",
        "maker unknown": "厂家未知",
        "serial number {}": "序列号{}",
        "station {}": "工作站{}",
        "sent as {}": "发送方名称{}",
        "the device is not known": "设备未知",
        # Callers.
        "Unknown caller turned away": "已拒绝未知呼叫方",
        "Many unknown callers turned away": "已拒绝多个未知呼叫方",
        "{}: {}. What it sends does not arrive.": "{}：{}。其发送的数据不会到达。",
        "it calls {}, which is not the AE title of this service": "其呼叫的{}不是本服务的AE标题",
        "no configured device has this AE title and address": "没有已配置的设备使用此AE标题和地址",
        "its certificate is not that of a configured device": "其证书不属于已配置的设备",
        "what it calls itself is no AE title": "其自称不是有效的AE标题",
        "More than {} callers in a day; the log of associations names them. Something on the network may be searching for open doors.": (
            "一天内超过{}个呼叫方；关联日志列有其名称。网络中可能有程序在搜索开放端口。"
        ),
        "let in": "已获准连接",
        # Files.
        "An instance came again with other content": "同一实例再次到达且内容不同",
        "The same SOP Instance UID was received with different bytes. Both are kept; results are made from the first one.": (
            "收到SOP Instance UID相同而内容不同的对象。两者均保存；结果由先到者得出。"
        ),
        "Received instances wait to be filed": "收到的实例等待归档",
        "{}: {}. They are safe in the journal, and are filed as soon as that has been mended.": (
            "{}：{}。它们已安全存于日志，待排除后即归档。"
        ),
        "Instances cannot be stored": "无法存储实例",
        "{}: {}. Senders are told to try again.": "{}：{}。已通知发送方重试。",
        "the file system is read-only": "文件系统为只读",
        "{} bytes are free, the floor is {} bytes": "剩余{}字节，下限为{}字节",
        "A stored file is missing": "存储的文件缺失",
        "{} is not there any more. Send the series again, or restore the file from a backup.": (
            "{}已不存在。请重新发送该序列，或从备份恢复文件。"
        ),
        "A stored file is damaged": "存储的文件已损坏",
        "{}: {}. Send the series again, or restore it from a backup.": (
            "{}：{}。请重新发送该序列，或从备份恢复。"
        ),
        "A received instance cannot be recorded": "收到的实例无法登记",
        "{} is whole and safe, but the database does not take its row; the log of the service says why. It is tried again at every start.": (
            "{}完整且安全，但数据库不接受其记录；原因见服务日志。每次启动时重试。"
        ),
        # Channels.
        "Messages do not leave by {}": "消息无法经{}发出",
        "it has failed since {} UTC": "自{} UTC起一直失败",
        "a message to people was given up: {}": "已放弃发送一条消息：{}",
        "a result for the archive was given up: {}": "已放弃向归档发送一个结果：{}",
        "it answered that it is gone for good (410): {}": "对方回答已永久失效（410）：{}",
        "it has failed since {} UTC: {}": "自{} UTC起一直失败：{}",
        "it answered that it is gone for good (410). Nothing more is sent on this channel until a person enables it again": (
            "对方回答已永久失效（410）。在有人重新启用之前，该通道不再发送任何消息"
        ),
        "it has failed since {} UTC. Nothing more is sent on this channel until a person enables it again": (
            "自{} UTC起一直失败。在有人重新启用之前，该通道不再发送任何消息"
        ),
        # What the service notes on a device.
        "software {} -> {}": "软件 {} → {}",
    }
)
"""Chinese by the English text."""
