"""The words of the pages of notifications in Chinese."""

from collections.abc import Mapping
from types import MappingProxyType

CHINESE_NOTIFICATIONS: Mapping[str, str] = MappingProxyType(
    {
        "Notifications": "通知",
        "By which ways people and programs are told, and what became of each message": (
            "向人员和程序发送消息的通道，以及每条消息的结果"
        ),
        "Channel": "通道",
        "Channels": "通道",
        "Sends to": "发往",
        "Last success": "最近成功",
        "Waiting": "等待中",
        "Actions": "操作",
        "E-mail": "电子邮件",
        "Webhook": "Webhook",
        "Chat": "聊天",
        "Archive": "归档系统",
        "by {host}, port {port}": "经{host}，端口{port}",
        "Disabled {age}: {reason}": "{age}停用：{reason}",
        "Fails since {moment}, {count} in a row: {reason}": (
            "自{moment}起失败，连续{count}次：{reason}"
        ),
        "Enable": "启用",
        "Enable and send what waits": "启用并发送等待中的消息",
        "Send a test": "发送测试",
        "Nobody is told of anything yet": "尚未配置任何通知",
        "Add a channel to alerts.toml in the folder of the configuration, and start the service again:": (
            "请在配置文件夹的alerts.toml中添加通道，然后重新启动服务："
        ),
        "Then try it:": "然后进行测试：",
        "Messages": "消息",
        "Messages, the latest first": "消息，最新的在前",
        "Message": "消息",
        "Made": "创建时间",
        "Tries": "尝试次数",
        "Try": "次数",
        "What came of it": "结果",
        "Next try {moment}": "下次尝试：{moment}",
        "Next try {moment}.": "下次尝试：{moment}。",
        "Not before {moment}": "不早于{moment}",
        "Not before {moment}.": "不早于{moment}。",
        "Not before": "不早于",
        "Still to get it: {who}.": "尚未送达：{who}。",
        "No message fits these filters.": "没有符合筛选条件的消息。",
        "Nothing has been sent yet": "尚未发送任何消息",
        "A message is made when an alert opens, when tests are due in the morning, or when somebody sends a test.": (
            "出现报警、早晨有待做检测或有人发送测试时会创建消息。"
        ),
        "Send once more": "重新发送",
        "It leaves under the same id, so that the other side can tell that it has it already.": (
            "以相同的编号发送，接收方可据此判断是否已收到。"
        ),
        "The channel is disabled: enable it on the page of notifications to send this.": (
            "该通道已停用：请在通知页面启用后再发送。"
        ),
        "What it tells": "内容",
        "Id": "编号",
        "Recipients": "收件人",
        "Delivery": "发送情况",
        "Attempts, the latest first": "各次尝试，最新的在前",
        "Outcome": "结果",
        "Begun": "开始时间",
        "It said: {words}": "对方回答：{words}",
        "{first} and {count} more": "{first}等（另有{count}项）",
        "detector {number}": "探头{number}",
        "Test message": "测试消息",
        "This is a test: messages arrive here.": "这是一条测试消息：消息能够送达此处。",
        "A channel of messages was disabled": "一个消息通道已停用",
        "Nothing more is sent on this channel until a person enables it again.": (
            "在有人重新启用之前，该通道不再发送任何消息。"
        ),
        "A series is complete": "一个序列已接收完整",
        "Alert": "报警",
        "Reminder": "提醒",
        "Escalation": "升级",
        "All clear": "已解除",
        "Digest": "摘要",
        "Event": "事件",
        "Service": "服务",
        "Works": "正常",
        "The last message was taken.": "最近一条消息已被接收。",
        "Not used yet": "尚未使用",
        "Nothing has been sent so far.": "至今尚未发送任何消息。",
        "Fails": "失败",
        "It is tried again by itself.": "系统会自动重试。",
        "Disabled": "已停用",
        "Nothing is sent until it is enabled.": "启用之前不发送任何消息。",
        "Queued": "排队中",
        "It will be sent.": "即将发送。",
        "Retrying": "重试中",
        "Failed": "失败",
        "Refused": "被拒绝",
        "Sent": "已发送",
        "The other side has taken it.": "对方已接收。",
        "Given up": "已放弃",
        "It is not tried again by itself.": "不再自动重试。",
        "Held": "暂存",
        "Its channel is disabled; it is sent when that is enabled.": "通道已停用；启用后即发送。",
        "It may go better later.": "稍后可能成功。",
        "The other side will not take it.": "对方拒绝接收。",
        "Gone": "已失效",
        "There is nobody at this address any more.": "该地址已不再有接收方。",
        "Under way": "进行中",
        "It has not ended, or the process ended before it did.": "尚未结束，或进程提前终止。",
        "answered {code}": "回答{code}",
        "answered {code}: redirects are not followed": "回答{code}：不跟随重定向",
        "no answer within {seconds} s": "{seconds}秒内没有回答",
        "the server did not answer within {seconds} s": "服务器在{seconds}秒内没有回答",
        "not sent within {seconds} s": "{seconds}秒内未能发送",
        "nothing was sent: {address} may not be reached; list its network to allow it": (
            "未发送：不允许连接{address}；如需允许，请列出其网络"
        ),
        "nothing was sent: {address} is in none of the allowed networks": (
            "未发送：{address}不在允许的网络内"
        ),
        "nothing was sent: the address in url_file has none of the schemes": (
            "未发送：url_file中的地址不属于允许的类型"
        ),
        "nothing was sent: the address in url_file is not one that apprise knows": (
            "未发送：apprise不认识url_file中的地址"
        ),
        "chat needs the extra: {command}": "聊天需要附加组件：{command}",
        "the child ended with {code}": "子进程以{code}结束",
        "nothing was sent: {why}": "未发送：{why}",
        "the server offers no STARTTLS: nothing was sent": "服务器不提供STARTTLS：未发送",
        "the server refuses STARTTLS: nothing was sent": "服务器拒绝STARTTLS：未发送",
        "the certificate of the server is not trusted: {why}": "服务器证书不受信任：{why}",
        "no TLS with the server: {why}": "无法与服务器建立TLS：{why}",
        "the server refuses the login": "服务器拒绝登录",
        "the server refuses the connection": "服务器拒绝连接",
        "the server refuses the sender ({code})": "服务器拒绝发件人（{code}）",
        "the server refuses the message ({code})": "服务器拒绝该邮件（{code}）",
        "the connection failed: {why}": "连接失败：{why}",
        "sent": "已发送",
        "sent, but refused for good: {who}": "已发送，但被永久拒绝：{who}",
        "sent to some, to be tried again for {who}": "已发送给部分收件人，将对{who}重试",
        "to be tried again for {who}": "将对{who}重试",
        "refused for good: {who}": "被永久拒绝：{who}",
        "a fault of this program: {why}": "本程序出错：{why}",
        "the service did not take the message": "该服务未接收消息",
        "it answered that it is gone for good (410)": "对方回答已永久失效（410）",
        "it has failed since {moment} UTC": "自{moment}（UTC）起一直失败",
        "the channel is not in the configuration any more": "该渠道已不在配置中",
        "{channel} is disabled; enable it first": "{channel}已停用；请先启用",
        "{channel} is in use": "{channel}正在使用",
        "message {id} is being sent at this moment": "消息{id}正在发送",
    }
)
"""Chinese by English."""
