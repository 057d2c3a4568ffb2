"""The words of the pages in Chinese, for accounts, tokens and the audit trail."""

from collections.abc import Mapping
from types import MappingProxyType

CHINESE_ACCOUNTS: Mapping[str, str] = MappingProxyType(
    {
        # Signing in.
        "Name": "用户名",
        "Password": "密码",
        "Name or password is not right.": "用户名或密码不正确。",
        "Too many wrong ones. Wait a minute and try again.": "错误次数过多，请稍等一分钟再试。",
        "The administrator is made. Sign in with the name and the password.": (
            "管理员账户已建立，请用用户名和密码登录。"
        ),
        "The identity provider did not confirm who you are. Begin again.": (
            "身份提供方未能确认您的身份，请重新登录。"
        ),
        "The identity provider knows you, but none of your groups may use this service. Ask an administrator.": (
            "身份提供方认识您，但您所在的组均无权使用本服务，请联系管理员。"
        ),
        "Somebody else has your name here, or your account is disabled. Ask an administrator.": (
            "该用户名已被他人使用，或您的账户已停用，请联系管理员。"
        ),
        "Sign in with {provider}": "用{provider}登录",
        "Sign in with an access token": "用访问令牌登录",
        "Sign in with name and password": "用用户名和密码登录",
        "The first token was printed once when the service started for the first time; it makes the first administrator. Without it:": (
            "服务首次启动时显示过一次首个令牌，用它建立首位管理员。若没有令牌："
        ),
        # The first administrator, one's own account.
        "The first administrator": "首位管理员",
        "Make your own account now. You sign in with it from then on and add the others; the first token ends with it.": (
            "请先建立您自己的账户。此后用它登录并添加其他用户；首个令牌随即失效。"
        ),
        "Name to sign in with": "登录用户名",
        "Name as others see it": "显示姓名",
        "Make the administrator": "建立管理员",
        "Not now: look around with the token": "暂不建立，先用令牌浏览",
        "New password": "新密码",
        "New password again": "再次输入新密码",
        "{least} to {most} characters, of any kind; a sentence is fine, and so is one from a password manager.": (
            "{least}至{most}个字符，种类不限；可以是一句话，也可由密码管理器生成。"
        ),
        "Your account": "我的账户",
        "The password is changed; your other sessions are ended.": "密码已更改，您的其他会话均已结束。",
        "The session is ended.": "会话已结束。",
        "Your other sessions are ended.": "您的其他会话均已结束。",
        "End all others": "结束其他全部会话",
        "You are here with a token": "您正以令牌登录",
        "A token has no password. An administrator makes accounts for people under Users and tokens.": (
            "令牌没有密码。管理员可在“用户与令牌”中为人员建立账户。"
        ),
        "Change the password": "更改密码",
        "Your password was made for you. Take one of your own; everything else opens then.": (
            "当前密码由他人设定。请改为您自己的密码，之后方可使用其他功能。"
        ),
        "Present password": "当前密码",
        "The present password is not right.": "当前密码不正确。",
        "You sign in at the identity provider; the password is changed there.": (
            "您通过身份提供方登录，密码在该处更改。"
        ),
        "Where you are signed in": "已登录的位置",
        "Open sessions": "当前会话",
        "Address": "地址",
        "Browser": "浏览器",
        "Signed in": "已登录",
        "Signed in at": "登录时间",
        "Last used": "最近使用",
        "End": "结束",
        "this one": "本会话",
        # Proofs.
        "Your password": "您的密码",
        "Your access token": "您的访问令牌",
        "Prove at the identity provider who you are first": "请先在身份提供方确认您的身份",
        "Nothing was changed: your password is needed, and right.": "未作更改：需要输入您的正确密码。",
        "It is shown this once; only a digest is kept.": "仅显示这一次；系统只保存其摘要。",
        # People.
        "Users and tokens": "用户与令牌",
        "Users": "用户",
        "State": "状态",
        "Tokens": "令牌",
        "Who may do what here": "谁可以在此做什么",
        "Shown as": "显示为",
        "Role": "角色",
        "Last signed in": "最近登录",
        "by the identity provider": "由身份提供方决定",
        "never": "从未",
        "without end": "永久",
        "Disabled": "已停用",
        "Has to change the password": "须更改密码",
        "Not signed in": "未登录",
        "There is nobody yet": "尚无用户",
        "Add the first administrator: yourself.": "请先添加首位管理员，即您自己。",
        "Add a user": "添加用户",
        "Add": "添加",
        "A password to begin with is made and shown once; it has to be changed at the first sign-in.": (
            "系统将生成初始密码并仅显示一次；首次登录时必须更改。"
        ),
        "Viewer": "查看者",
        "Technologist": "技师",
        "Physicist": "物理师",
        "Administrator": "管理员",
        "Auditor": "审计员",
        "Sees everything but accounts and the audit trail.": "可查看除账户和审计记录以外的全部内容。",
        "Takes notice of alerts, enters readings, assigns series.": "确认报警、录入读数、指定序列。",
        "Signs off, accepts baselines, excludes points, besides.": "另可签核、认可基线、排除数据点。",
        "Keeps users, tokens and channels, besides.": "另可管理用户、令牌和通知渠道。",
        "Sees everything and the audit trail; changes nothing.": "可查看全部内容和审计记录，不作任何更改。",
        "added by {name}": "添加人：{name}",
        "Name and role": "姓名与角色",
        "The groups of the identity provider say what this person may.": (
            "此人的权限由身份提供方的组决定。"
        ),
        "Save": "保存",
        "Makes another password to begin with, shown once, and ends all sessions of this person.": (
            "生成新的初始密码（仅显示一次），并结束此人的全部会话。"
        ),
        "Make another password": "重新生成密码",
        "Password to begin with for {name}": "{name}的初始密码",
        "Access": "登录权限",
        "Keeps this person from signing in, ends all sessions and the calendar addresses they made. What they did stays theirs.": (
            "禁止此人登录，结束其全部会话并停用其创建的日历地址；其以往的操作记录保持不变。"
        ),
        "Lets this person sign in again.": "允许此人重新登录。",
        "Disable": "停用",
        "Enable": "启用",
        "Not signed in anywhere.": "当前未在任何位置登录。",
        # What cannot be.
        "A password has at least {least} characters.": "密码至少{least}个字符。",
        "A password has at most {most} characters.": "密码最多{most}个字符。",
        "The password must not be the name.": "密码不得与用户名相同。",
        "This password is among the first that are tried; take another one.": (
            "该密码属于最先被猜测的密码，请换一个。"
        ),
        "This is the password you have; take another one.": "这就是当前密码，请换一个。",
        "The two passwords are not the same.": "两次输入的密码不一致。",
        "There is an administrator already.": "已有管理员。",
        "This person signs in at the identity provider, without a password here.": (
            "此人通过身份提供方登录，在此没有密码。"
        ),
        "A token has this name.": "已有令牌使用该名称。",
        "Somebody has this name already.": "该名称已被使用。",
        "A name to sign in with has 1 to 64 letters, digits and . @ _ -, and begins with a letter or a digit.": (
            "登录用户名为1至64个字母、数字及 . @ _ -，并以字母或数字开头。"
        ),
        "A name is one line of at most {most} characters.": "名称为一行，最多{most}个字符。",
        "This is no e-mail address.": "这不是电子邮箱地址。",
        "Somebody has to administer: this is the last one who can sign in here.": (
            "必须保留管理员：这是最后一位可在此登录的管理员。"
        ),
        "Choose what this person may.": "请选择此人的角色。",
        # Tokens.
        "Tokens are for programs: scripts, monitors, the command line of another host": (
            "令牌供程序使用：脚本、监控或其他主机的命令行"
        ),
        "The new token": "新令牌",
        "Allows": "权限",
        "Ends": "到期",
        "Revoke": "撤销",
        "Revoke for good": "永久撤销",
        "made by {name}": "建立人：{name}",
        "There is no token": "没有令牌",
        "Make one below for a program, or on the command line:": "可在下方为程序建立令牌，或用命令行：",
        "Make a token": "建立令牌",
        "Make the token": "建立令牌",
        "Who or what will use it": "使用者",
        "Ends after": "有效期",
        "{count} days": "{count}天",
        "Tokens that are out of force": "已失效的令牌",
        "Read": "读取",
        "Operate": "操作",
        "Review": "审核",
        "Administer": "管理",
        "Reads results, trends and alerts.": "读取结果、趋势和报警。",
        "Sends files and readings, takes notice of alerts, besides.": "另可发送文件和读数、确认报警。",
        "Accepts baselines and excludes points, besides.": "另可认可基线、排除数据点。",
        "Everything.": "全部。",
        "Choose what the token allows.": "请选择令牌的权限。",
        "A token lasts for at most {most} days.": "令牌有效期最长{most}天。",
        # The audit trail.
        "Audit trail": "审计记录",
        "Who did what, the newest first; nothing in it can be changed, and looking at it is a line in it": (
            "谁做了什么，最新在前；记录不可更改，查看本身也会留下记录"
        ),
        "Check the chain": "校验链",
        "The check failed:": "校验未通过：",
        "Anchor that was kept, if any": "另行保存的锚点（如有）",
        "Anchor of this moment:": "当前锚点：",
        "Who owns the database could cut off its end or write it anew. That shows only against an anchor that was kept elsewhere: in the log of the service, in a mail of the morning, in an evidence pack, or noted by hand.": (
            "数据库的所有者可能截去链尾或重写整条链，只有与保存在别处的锚点比对才能发现：服务日志、每日晨间邮件、证据包，或手工记录。"
        ),
        "The chain is whole: {count} entries, each sealed with the one before.": (
            "链完整：共{count}条，每条均与前一条相连。"
        ),
        "Who": "操作人",
        "Kind of action": "操作",
        "Subject": "对象",
        "Subject holds": "对象包含",
        "From": "自",
        "To": "至",
        "Show": "显示",
        "All": "全部",
        "Earlier ones": "更早的",
        "Show all": "全部显示",
        "Entries of the audit trail": "审计记录条目",
        "When": "时间",
        "What and why": "内容与原因",
        "No.": "序号",
        "Reason: {reason}": "原因：{reason}",
        "Nothing like this": "没有符合的内容",
        "No entry fits these filters. Everything that people do here leaves one.": (
            "没有符合条件的条目。人员的每项操作都会留下一条记录。"
        ),
    }
)
"""Translations by the English message."""
