"""The words of the pages of trends, baselines, limit sets and events in Chinese."""

from collections.abc import Mapping
from types import MappingProxyType

CHINESE_TRENDS: Mapping[str, str] = MappingProxyType(
    {
        "at least": "不低于",
        "at most": "不高于",
        "Try a limit": "试用限值",
        "changes nothing": "不改变任何设置",
        "Show what it would say": "查看其判定",
        "A bound is a number, such as 4.5.": "界限须为数值，例如4.5。",
        "The lower bound is above the upper one.": "下限大于上限。",
        "Of the last {count} results it would fail {flagged}; the limits in force failed {now}.": (
            "最近{count}个结果中，该限值将判{flagged}个不合格；现行限值判{now}个不合格。"
        ),
        "Analyzer changed": "分析程序版本变更",
        "Analyzer {before} → {after}": "分析程序 {before} → {after}",
        "Trends": "趋势",
        "Trend": "趋势",
        "Add event": "添加事件",
        "Set baseline…": "设定基线…",
        "What to show": "显示内容",
        "Number": "数值",
        "Configuration": "采集配置",
        "Compare with": "比较对象",
        "nothing": "无",
        "Where it stands": "当前状况",
        "Tolerance": "限值",
        "no limit judges it": "没有判定它的限值",
        "Baseline": "基线",
        "Change from the baseline": "相对基线的变化",
        "Drift": "漂移",
        "Chart": "趋势图",
        "Time shown": "显示时段",
        "All time": "全部",
        "1 year": "1 年",
        "Control limits": "控制限",
        "Plain scale": "线性标度",
        "Logarithms": "取对数",
        "up to {day}": "截至 {day}",
        "up to today": "截至今天",
        "Chart of {name}": "{name}的趋势图",
        "Difference to {name}, day by day, with mean and limits of agreement (± 1.96 s)": (
            "与{name}逐日之差，附均值和一致性界限（± 1.96 s）"
        ),
        "EWMA: weighted mean, newest value counts 0.2, limits ± 2.86 of its standard deviations, wider "
        "for few results in the baseline": (
            "EWMA：指数加权移动平均，最新值权重 0.2，界限为其标准差的 ± 2.86 倍，基线结果较少时放宽"
        ),
        "CUSUM: sums beyond half a standard deviation, decision at 5": (
            "CUSUM：超出半个标准差部分的累积和，判定值 5"
        ),
        "Drag to zoom, double-click for all. With the chart chosen: arrows step through the points, "
        "Home and End go to the first and the last, Enter opens the result.": (
            "拖动可放大，双击复原。选中趋势图后：方向键逐点移动，Home 和 End 跳到首末点，Enter 打开结果。"
        ),
        "e takes the point out of the trend, or lets it count again.": (
            "按 e 将该点移出趋势，或重新计入。"
        ),
        "The chart is drawn by a script; the table below says the same.": (
            "趋势图由脚本绘制；下表内容与其相同。"
        ),
        "The chart could not be loaded; the table below says the same.": (
            "趋势图无法加载；下表内容与其相同。"
        ),
        "No result lies in this time.": "该时段内没有结果。",
        "The last one is of {time}": "最近一次为 {time}",
        "Legend": "图例",
        "Pass, or no limit": "合格，或无限值",
        "Excluded": "已移出",
        "Signal of a control chart": "控制图信号",
        "Tolerance: the limit of a policy": "限值：规定的界限",
        "Control limits: the baseline ± 3 s, wider where it is of few results": (
            "控制限：基线 ± 3 s，基线结果较少时放宽"
        ),
        "Difference over the mean of both, with mean and limits of agreement (± 1.96 s), after Bland and "
        "Altman": "两者之差对两者均值，附平均差和一致性界限（± 1.96 s，Bland-Altman 图）",
        "Mean of both": "两者均值",
        "Noise floor: a perfect device at these counts": "噪声本底：同样计数下理想设备的数值",
        "Noise floor": "噪声本底",
        "Bars: ± U, k = 2": "误差线：± U，k = 2",
        "Compared with {name}": "与{name}比较",
        "Day by day": "逐日",
        "Difference": "差值",
        "apart for 3 days": "连续 3 天偏离",
        "What it shows": "趋势所示",
        "Signals": "信号",
        "in this time": "本时段内",
        "{count} times": "{count} 次",
        "None.": "无。",
        "Signals begin with an accepted baseline of five results or more.": (
            "接受由至少五个结果构成的基线后才有信号。"
        ),
        "All events": "全部事件",
        "trends begin anew": "趋势重新开始",
        "Nobody has noted service, software or a new source.": "尚无维修、软件或换源的记录。",
        "newest first; the same as the chart": "由新到旧；与趋势图内容相同",
        "To the baseline": "与基线之差",
        "What to do": "操作",
        "when it was measured is not known": "测量时间未知",
        "part of the baseline": "属于基线",
        "Include…": "重新计入…",
        "Exclude…": "移出…",
        "Earlier results": "更早的结果",
        "none accepted; {count} result since the last reset": "尚未接受；上次重置以来有 {count} 个结果",
        "none accepted; {count} results since the last reset": "尚未接受；上次重置以来有 {count} 个结果",
        "Every number of every test over time": "每项检测的每个数值随时间的变化",
        "No results of {name} yet": "{name}尚无结果",
        "A trend begins with the first result of a test. Send a series to AE title {title}, port {port} "
        "of this host.": "有了检测的第一个结果便有趋势。请将序列发送到本机 AE 标题 {title}，端口 {port}。",
        "A point of the trend": "趋势中的一点",
        "Back to the trend": "返回趋势",
        "Let it count again": "重新计入",
        "Take it out of the trend": "移出趋势",
        "It is out since {time}: {reason} ({name})": "自 {time} 起已移出：{reason}（{name}）",
        "It stays to be seen with its reason, and no longer counts in control limits, charts and drifts. "
        "The verdict of the result stays as it is.": (
            "该点连同理由仍然可见，但不再计入控制限、控制图和漂移。结果的判定保持不变。"
        ),
        "every number of this result": "该结果的所有数值",
        "Take it out": "移出",
        "A physicist decides this.": "由物理师决定。",
        "Taken out": "移出",
        "counts again since {time}: {reason} ({name})": "自 {time} 起重新计入：{reason}（{name}）",
        "It was never taken out.": "从未移出。",
        "What control limits are made of; each version stays, with who accepted it and why": (
            "控制限的依据；每个版本连同接受人和理由均予保留"
        ),
        "Accepted": "已接受",
        "Version": "版本",
        "Spread (s)": "离散度（s）",
        "Holds from": "生效自",
        "Propose a new one": "拟定新基线",
        "in force": "现行",
        "No baseline is accepted yet": "尚未接受任何基线",
        "Collect ten or, better, twenty results of a steady device, then choose a number below, or “Set "
        "baseline…” on its trend. Control limits and signals begin with it.": (
            "设备稳定时积累十个、最好二十个结果，然后在下面选择数值，或在其趋势页上点“设定基线…”。控制限和信号由此开始。"
        ),
        "Judged numbers without a baseline": "有判定而无基线的数值",
        "Propose": "拟定",
        "Baselines": "基线",
        "Baselines and limits": "基线与限值",
        "Limit sets": "限值集",
        "A new baseline": "新基线",
        "Of which results": "取哪些结果",
        "Spread by": "离散度取自",
        "Standard deviation": "标准差",
        "From point to point (mean moving range / 1.128)": "逐点变化（平均移动极差 / 1.128）",
        "Show what it would change": "查看会有什么变化",
        "Results chosen": "选中的结果",
        "No result that counts lies in this time. Choose other days.": (
            "该时段内没有可计入的结果，请另选日期。"
        ),
        "What it would be": "拟定的基线",
        "Control limits ± {times} s": "控制限 ± {times} s",
        "In place of version {number}": "取代版本 {number}",
        "Of the last {count} other results {flagged} would be out of control (1_3s, 2_2s, R_4s); now it "
        "is {now}.": "其余最近 {count} 个结果中将有 {flagged} 个失控（1_3s、2_2s、R_4s）；现为 {now} 个。",
        "Accept it": "接受",
        "Control charts begin anew with the first of these results. The version before stays to be read, "
        "and so does what it said. Verdicts of limits that are relative to the baseline change with the "
        "next result.": (
            "控制图从其中第一个结果重新开始。之前的版本及其结论仍可查阅。相对基线的限值自下一个结果起按新基线判定。"
        ),
        "Accept the baseline": "接受基线",
        "A physicist accepts baselines.": "基线由物理师接受。",
        "What results are judged by; each version stays as it was, and every result names the one that "
        "judged it": "结果的判定依据；每个版本原样保留，每个结果都注明判定它的版本",
        "Standing": "性质",
        "Limit set": "限值集",
        "Source": "来源",
        "only where a route asks for it": "仅在路由指定时使用",
        "Only where a route asks for it": "仅在路由指定时使用",
        "Only for continuous crystals": "仅用于连续晶体",
        "Title": "标题",
        "in force, first used {time}": "现行，{time} 首次使用",
        "no longer in force": "不再使用",
        "No limits were ever in force": "从未使用过限值",
        "Put limit sets into the folder limits beside devices.toml; the worker takes them when it starts.": (
            "将限值集放入 devices.toml 旁的 limits 文件夹；分析进程启动时读取。"
        ),
        "Versions": "版本",
        "shown": "当前显示",
        "first used": "首次使用",
        "From version": "自版本",
        "to version": "至版本",
        "Compare": "比较",
        "What changed": "变化",
        "There is no version before this one.": "没有更早的版本。",
        "Nothing that judges differs.": "判定内容没有差别。",
        "What": "项目",
        "Was": "之前",
        "Is now": "之后",
        "new": "新增",
        "removed": "删除",
        "Limits of this version": "该版本的限值",
        "{count} limit": "{count} 条限值",
        "{count} limits": "{count} 条限值",
        "from the baseline": "相对基线",
        "% from the baseline": "%（相对基线）",
        "standard deviations from the baseline": "个标准差（相对基线）",
        "no bound": "无界限",
        "Condition {code} of {test}": "{test}的条件 {code}",
        "Events": "事件",
        "Events and corrective actions": "事件与纠正措施",
        "What was done to devices, or happened to them": "对设备所做的或设备发生的事情",
        "New event": "新事件",
        "What was done": "所做的事情",
        "Trends begin anew": "趋势重新开始",
        "Returned to service": "恢复使用",
        "Withdrawn": "已撤回",
        "passing repeat": "合格复测",
        "not yet": "尚未",
        "Older": "更早",
        "No event fits": "没有符合条件的事件",
        "Nothing was noted yet": "尚无记录",
        "Note service, software updates, new sources and moves: a step in a trend then has its reason "
        "beside it.": "请记录维修、软件更新、换源和搬迁：趋势中的突变便有据可查。",
        "Withdrawn: it has no effect any more": "已撤回：不再起作用",
        "Room": "环境",
        "Returned to service by": "恢复使用的依据",
        "the test was repeated and passes": "复测合格",
        "no passing repeat yet; the next one is noted by itself": "尚无合格复测；下一次合格时自动记录",
        "Revise": "修订",
        "the version before stays": "之前的版本保留",
        "Withdraw it: it was a mistake, and has no effect": "撤回：记录有误，不起作用",
        "Reason of the change": "修订理由",
        "Keep the new version": "保存新版本",
        "Service, a corrective action, software, a new source: what explains a step in a trend later": (
            "维修、纠正措施、软件、换源：日后用来解释趋势中的突变"
        ),
        "Choose a device.": "请选择设备。",
        "Keep it": "保存",
        "Kind": "类别",
        "When": "时间",
        "What was done, or what happened": "做了什么，或发生了什么",
        "Detector (nothing: the whole device)": "探头（留空：整台设备）",
        "Done by": "执行人",
        "Room temperature (°C)": "室温（°C）",
        "Room temperature (°C), as noted with events": "室温（°C），随事件记录",
        "Relative humidity (%), as noted with events": "相对湿度（%），随事件记录",
        "Temperature (°C)": "温度（°C）",
        "Relative humidity (%)": "相对湿度（%）",
        "Do trends begin anew with it?": "趋势是否由此重新开始？",
        "Yes after anything that changes what the device measures: a new crystal, tube, source, "
        "collimator or uniformity map. Control charts then wait for a new baseline.": (
            "凡改变设备测量结果的事情均选“是”：更换晶体、光电倍增管、放射源、准直器或均匀性校正图。"
            "此后控制图等待新的基线。"
        ),
        "No": "否",
        "Yes, they begin anew": "是，重新开始",
        "Not decided yet": "尚未决定",
        "yes": "是",
        "all": "全部",
        "no": "否",
        "none yet": "尚无",
        "Answers alert": "针对的报警",
        "Answers result": "针对的结果",
        "Passing repeat that returned it to service": "据以恢复使用的合格复测",
        "Note what was done": "记录处理措施",
        "What its trends showed": "其趋势所示",
        "when it came": "收到结果时",
        "A reason is needed.": "请填写理由。",
        "A reason has {count} characters at most.": "理由最多 {count} 个字符。",
        "It is out of the trend already.": "该点已移出趋势。",
        "It counts again already.": "该点已重新计入。",
        "not told": "未说明",
        "Maintenance": "维修",
        "Software update": "软件更新",
        "Corrective action": "纠正措施",
        "Calibration": "校准",
        "Environment": "环境",
        "Other": "其他",
        "A person took it out of the trend.": "由人移出趋势。",
        "{reason} ({name})": "{reason}（{name}）",
        "Not valid; it is shown and never counts.": "无效；仅显示，不计入。",
        "{value} % relative humidity": "相对湿度 {value} %",
        "{before} before, {after} after (p {p})": "之前 {before}，之后 {after}（p {p}）",
        "The mean changed": "均值改变",
        "from {before} to {after}": "由 {before} 变为 {after}",
        "version {version}, {count} results from {day}, {name}": (
            "版本 {version}，自 {day} 起 {count} 个结果，{name}"
        ),
        "Baseline {version} begins": "基线版本 {version} 开始",
        "More than 2 standard deviations above the baseline": "高于基线超过 2 个标准差",
        "More than 2 standard deviations below the baseline": "低于基线超过 2 个标准差",
        "More than 3 standard deviations above the baseline": "高于基线超过 3 个标准差",
        "More than 3 standard deviations below the baseline": "低于基线超过 3 个标准差",
        "Two in a row more than 2 standard deviations above the baseline": (
            "连续两次高于基线超过 2 个标准差"
        ),
        "Two in a row more than 2 standard deviations below the baseline": (
            "连续两次低于基线超过 2 个标准差"
        ),
        "Risen by more than 4 standard deviations since the result before": (
            "较上一结果上升超过 4 个标准差"
        ),
        "Fallen by more than 4 standard deviations since the result before": (
            "较上一结果下降超过 4 个标准差"
        ),
        "Four in a row more than 1 standard deviation above the baseline": (
            "连续四次高于基线超过 1 个标准差"
        ),
        "Four in a row more than 1 standard deviation below the baseline": (
            "连续四次低于基线超过 1 个标准差"
        ),
        "The weighted mean is above its limit: a small shift since {day}": (
            "加权平均高于其界限：自 {day} 起有小幅偏移"
        ),
        "The weighted mean is below its limit: a small shift since {day}": (
            "加权平均低于其界限：自 {day} 起有小幅偏移"
        ),
        "The cumulative sum is above its limit: a shift upwards since {day}": (
            "累积和超过判定值：自 {day} 起向上偏移"
        ),
        "The cumulative sum is above its limit: a shift downwards since {day}": (
            "累积和超过判定值：自 {day} 起向下偏移"
        ),
        "{count} in a row above the baseline": "连续 {count} 次高于基线",
        "{count} in a row below the baseline": "连续 {count} 次低于基线",
        "Out of control": "失控",
        "Somebody should act on it.": "应有人处理。",
        "Watch": "关注",
        "Somebody should look at it soon.": "应尽快有人查看。",
        "Good to know; it asks for nothing.": "供参考，无需处理。",
        "Rising by {slope} in 30 days (last {count} results, p {p}).": (
            "每 30 天上升 {slope}（最近 {count} 个结果，p {p}）。"
        ),
        "Falling by {slope} in 30 days (last {count} results, p {p}).": (
            "每 30 天下降 {slope}（最近 {count} 个结果，p {p}）。"
        ),
        "At this slope it reaches the limit of {limit} in about {days} days; {soon} to {late} days with "
        "95 % confidence.": "照此斜率约 {days} 天后达到限值 {limit}；95 % 置信区间为 {soon} 至 {late} 天。",
        "At this slope it reaches the limit of {limit} in about {days} days; {soon} days at the earliest, "
        "and perhaps never (95 % confidence).": (
            "照此斜率约 {days} 天后达到限值 {limit}；最早 {soon} 天，也可能永不达到（95 % 置信度）。"
        ),
        "At the present slope the limit of {limit} is reached in {count} day": (
            "照目前的斜率，{count} 天后达到限值 {limit}"
        ),
        "At the present slope the limit of {limit} is reached in {count} days": (
            "照目前的斜率，{count} 天后达到限值 {limit}"
        ),
        "{text}; within the uncertainty of the measurement": "{text}；在测量不确定度之内",
        "No limit lies ahead.": "前方没有限值。",
        "The line is at the limit of {limit} already.": "趋势线已到达限值 {limit}。",
        "The limit of {limit} is years away.": "达到限值 {limit} 还需数年。",
        "Too few results for a slope; 8 in an epoch are needed.": (
            "结果太少，无法得出斜率；同一阶段内需要 8 个。"
        ),
        "No significant drift in the last {count} results (p {p}).": (
            "最近 {count} 个结果无显著漂移（p {p}）。"
        ),
        "No drift beyond the uncertainty of the measurement in the last {count} results (p {p}).": (
            "最近 {count} 个结果的漂移未超出测量不确定度（p {p}）。"
        ),
        "+{times} s": "+{times} s",
        "−{times} s": "−{times} s",
        "± 1.96 s": "± 1.96 s",
        "first signal {day}": "首个信号 {day}",
        "mean": "均值",
        "{difference} from the baseline, z = {z}": "与基线相差 {difference}，z = {z}",
        "signals {rules}": "信号 {rules}",
        "weighted mean {value}": "加权平均 {value}",
        "excluded: {reason}": "已移出：{reason}",
        "No significant difference.": "无显著差异。",
        "No significant difference on the whole, but they were apart for three days in a row, the last "
        "time on {day}.": "总体无显著差异，但曾连续三天偏离，最近一次为 {day}。",
        "Both were measured on {count} days; 3 are needed.": "两者同日测量共 {count} 天；需要 3 天。",
        "They differ: {mean} on average.": "两者有差异：平均 {mean}。",
        "Days with both": "同日测量天数",
        "Mean difference": "平均差值",
        "Limits of agreement (95 %)": "一致性界限（95 %）",
        "Paired t test": "配对 t 检验",
        "Wilcoxon signed ranks": "Wilcoxon 符号秩检验",
        "Ratio of the medians": "中位数之比",
        "Ratio of the variances (F)": "方差之比（F）",
        "They were measured in different configurations; a difference may be due to that.": (
            "两者的采集配置不同；差异可能由此引起。"
        ),
        "{count} results lie in this time; a baseline is of {most} at most.": (
            "该时段内有 {count} 个结果；基线最多取 {most} 个。"
        ),
        "Choose the results to make it of.": "请选择构成基线的结果。",
        "Some of these results do not count any more; look at them again.": (
            "其中有些结果已不再计入；请重新查看。"
        ),
        "What it answers, or the repeat that it names, does not fit: the repeat must pass, be of the "
        "same test and detector, and be measured later.": (
            "所针对的内容或所指的复测不符：复测须合格、属于同一检测和探头，且测量时间更晚。"
        ),
        "This is too long.": "内容过长。",
        "Somebody has changed it meanwhile; look at it again.": "期间有人作了修改；请重新查看。",
        "Give a day and a time.": "请填写日期和时间。",
        "Say what was done.": "请说明所做的事情。",
        "Choose one.": "请选择一项。",
        "Give the number of a detector, or nothing for the whole device.": (
            "请填写探头编号；整台设备则留空。"
        ),
        "This is no number that can be.": "数值不合理。",
        "This lies in the future, or too far back.": "时间在未来，或过于久远。",
        "{count} results give no control limits; {needed} are needed": (
            "{count} 个结果得不出控制限；需要 {needed} 个"
        ),
        "{count} results of {full}: control limits are {wider} times as wide": (
            "{full} 个中只有 {count} 个结果：控制限放宽至 {wider} 倍"
        ),
        "the spread {spread} is below the resolution of the metric, which is used instead": (
            "离散度 {spread} 小于该指标的分辨率，改用分辨率"
        ),
        "the spread {spread} is {times} times that from point to point: the set drifts or steps": (
            "离散度 {spread} 为逐点变化的 {times} 倍：所选结果有漂移或突变"
        ),
        "{undated} of {count} results do not tell when they were measured": (
            "{count} 个结果中有 {undated} 个未说明测量时间"
        ),
    }
)
