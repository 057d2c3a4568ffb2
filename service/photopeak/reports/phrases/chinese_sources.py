"""Where limits and methods come from, in Chinese: what the clauses and the limit sets here say.

Numbers of standards and clauses stay as they are. A source that a site wrote itself is not looked
up part by part, see `source_text`.
"""

from collections.abc import Mapping
from types import MappingProxyType

CHINESE_LIMIT_SOURCES: Mapping[str, str] = MappingProxyType(
    {
        "JJF calibration specification for PET/CT (draft)": "JJF PET/CT校准规范（草案）",
        "Recommended values": "推荐值",
        "recommended, unverified": "推荐值，未经验证",
        "EARL 18F standard 1, January 2017": "EARL 18F标准1，2017年1月",
        "EARL 18F standard 2: recommended, unverified": "EARL 18F标准2：推荐值，未经验证",
        "EARL: SUV bias within 10 %; warning from 5 %: recommended, unverified": (
            "EARL：SUV偏差在10 %以内；5 %起警告：推荐值，未经验证"
        ),
        "published practice: within 2 mm for any window": "公开发表的做法：任一能窗在2 mm以内",
        "configuration of one site with a Gemini": "某单位Gemini设备的设置",
        "configuration of one site with a Gemini: warning 600 to 650 ps, action 600 to 750 ps": (
            "某单位Gemini设备的设置：警告600至650 ps，干预600至750 ps"
        ),
        "regulator's criterion: offset below 0.5 pixel; warning from 0.25 pixel: recommended, unverified": (
            "监管要求：偏移小于0.5像素；0.25像素起警告：推荐值，未经验证"
        ),
        "bounds that daily reports print for single blocks": "每日报告对单个晶体块给出的界限",
        "three standard deviations of the counts above the usual background": (
            "高于通常本底计数的三倍标准差"
        ),
        "three standard deviations of Poisson counts": "泊松计数的三倍标准差",
        "practice of average variance against a reference: alert above 2.5, action above 5": (
            "与参考比较平均方差的做法：大于2.5警告，大于5干预"
        ),
        "nuclear cardiology guideline: action above 5 %": "核心脏病学指南：大于5 %干预",
        "NEMA NU 1-2007 2.4, IEC 60789 (GB/T 18989-2013 E.4.4, 3.3.1.1.3): such pixels are left out of"
        " the numbers": (
            "NEMA NU 1-2007 2.4，IEC 60789（GB/T 18989-2013 E.4.4、3.3.1.1.3）：此类像素不参与计算"
        ),
        "definition of the En score (ISO/IEC 17043): recommended, unverified": (
            "En值的定义（ISO/IEC 17043）：推荐值，未经验证"
        ),
        "chi-square distribution: warning beyond 5 and 95 %, action beyond 1 and 99 %": (
            "卡方分布：超出5 %和95 %警告，超出1 %和99 %干预"
        ),
        "baseline and three standard deviations: recommended, unverified": (
            "基线与三倍标准差：推荐值，未经验证"
        ),
        "against the scanner's own with the same voltage, kernel and slices: recommended, unverified": (
            "与同一设备在相同管电压、卷积核和层厚下的值比较：推荐值，未经验证"
        ),
        "activity within 10 % of the intended one, as for administered activities; warning from 5 %: recommended, unverified": (
            "活度在预定值的10 %以内，同给药活度；5 %起警告：推荐值，未经验证"
        ),
        "about three standard deviations of published efficiencies (Lodge 2015, 33.5 +- 0.4 %): recommended, unverified": (
            "约为已发表效率（Lodge 2015，33.5 ± 0.4 %）的三倍标准差：推荐值，未经验证"
        ),
        "a missing angle is a failure of electronics": "缺少角度为电子学故障",
        "GB 17589-2011, for slices of 10 mm and at most 50 mGy: recommended, unverified": (
            "GB 17589-2011，层厚10 mm且不超过50 mGy：推荐值，未经验证"
        ),
        "Medical Exposure Decree (Belgium, 2020), article 60: a deviation above 10 % is reported": (
            "医疗照射法令（比利时，2020年）第60条：偏差大于10 %须报告"
        ),
        "NEMA NU 1-2007 (GB/T 18989-2013 E.11.3): times to better than 1 % of the half-life": (
            "NEMA NU 1-2007（GB/T 18989-2013 E.11.3）：时间准至半衰期的1 %以内"
        ),
        "WS/T 584-2017 4.3: at most 0.01 %": "WS/T 584-2017 4.3：不超过0.01 %",
        "WS/T 584-2017 5.2: below 0.5 %": "WS/T 584-2017 5.2：小于0.5 %",
        "WS/T 584-2017 5.2.3: within 1 keV": "WS/T 584-2017 5.2.3：1 keV以内",
        "WS/T 584-2017 5.2.3: within 0.5 FWHM": "WS/T 584-2017 5.2.3：0.5倍FWHM以内",
        "WS 523-2019 Table A.1": "WS 523-2019 表A.1",
        "WS 523-2019 Table A.1, four-quadrant bar phantom": "WS 523-2019 表A.1，四象限铅栅模体",
        "WS 523-2019, four-quadrant bar phantom: the bars look straight": (
            "WS 523-2019，四象限铅栅模体：铅栅看上去平直"
        ),
        "WS 523-2019, prerequisites: 140 keV ± 3 keV": "WS 523-2019，检测前提：140 keV ± 3 keV",
        "WS 523-2019, prerequisites: at most 2.0e3 counts per minute": (
            "WS 523-2019，检测前提：每分钟不超过2.0e3计数"
        ),
        "JJF draft, Table 1, for reference only": "JJF（草案）表1，仅供参考",
    }
)
"""Sources of the limit sets that come with the service, by the English text."""

CHINESE_CLAUSES: Mapping[str, str] = MappingProxyType(
    {
        "JJF draft": "JJF（草案）",
        "JJF draft {}": "JJF（草案）{}",
        "JJF (draft) {}": "JJF（草案）{}",
        "JJF (draft) annex A": "JJF（草案）附录A",
        "JJF (draft) 7.1.1: filtered back projection, no smoothing or apodisation": (
            "JJF（草案）7.1.1：滤波反投影，不平滑，不加窗"
        ),
        "JJF (PET/CT, draft) {}": "JJF（PET/CT，草案）{}",
        "JJF (PET/CT, draft) 7.1.2, annex A": "JJF（PET/CT，草案）7.1.2，附录A",
        "JJF (PET/CT calibration, draft) {}": "JJF（PET/CT校准，草案）{}",
        "JJF (PET/CT calibration, draft) 7.1.1, 7.2": "JJF（PET/CT校准，草案）7.1.1、7.2",
        "JJF (PET/CT calibration, draft) 7.2, table 2": "JJF（PET/CT校准，草案）7.2，表2",
        "JJF draft (PET/CT) 7.3, (4) to (6)": "JJF（PET/CT，草案）7.3，（4）至（6）",
        "JJF draft 5.2 (CT part); practice: CT number, noise and uniformity of water": (
            "JJF（草案）5.2（CT部分）；常规做法：水的CT值、噪声和均匀性"
        ),
        "Annex B": "附录B",
        "Annex D": "附录D",
        "Annex E": "附录E",
        "table 2": "表2",
        "GB/T 18989-2013 table 1 (IEC 60789:1992)": "GB/T 18989-2013 表1（IEC 60789:1992）",
        "GB/T 18989-2013 figure 4": "GB/T 18989-2013 图4",
        "GB/T 18989-2013 annex E": "GB/T 18989-2013 附录E",
        "general conditions": "一般条件",
        "calibration factor": "刻度因子",
        "IEC 60789 / GB/T 18989-2013 3 b, table 1": "IEC 60789 / GB/T 18989-2013 3 b，表1",
        "WS/T 584-2017 table A.1": "WS/T 584-2017 表A.1",
        "WS/T 584-2017 6, 7.2, 8, Annexes C and D": "WS/T 584-2017 6、7.2、8，附录C和D",
        "WS/T 584-2017 Annex D (D.1) to (D.9)": "WS/T 584-2017 附录D（D.1）至（D.9）",
        "WS/T 584-2017 4.3, 7.1.2; practice: daily background": (
            "WS/T 584-2017 4.3、7.1.2；常规做法：每日本底"
        ),
        "WS 523-2019, four-quadrant bar phantom (constancy)": "WS 523-2019，四象限铅栅模体（稳定性）",
        "WS 523-2019, intrinsic maximum count rate": "WS 523-2019，固有最大计数率",
        "WS 523-2019, prerequisite of every test": "WS 523-2019，各项检测的前提",
        "WS 523-2019, prerequisites": "WS 523-2019，检测前提",
        "WS 523-2019, prerequisites: energy peak 140 keV +- 3 keV": (
            "WS 523-2019，检测前提：能峰140 keV ± 3 keV"
        ),
        "WS 523-2019, system planar sensitivity": "WS 523-2019，系统平面灵敏度",
        "WS 523-2019, tomographic spatial resolution": "WS 523-2019，断层空间分辨力",
        "WS 523-2019, whole-body spatial resolution": "WS 523-2019，全身空间分辨力",
        "NEMA NU 1-2007 section 5": "NEMA NU 1-2007 第5章",
        "NEMA NU 1-2007 4.2: filtered back projection, ramp filter": (
            "NEMA NU 1-2007 4.2：滤波反投影，斜坡滤波器"
        ),
        "NEMA NU 1, system volume sensitivity": "NEMA NU 1，系统容积灵敏度",
        "NEMA NU 2, body phantom": "NEMA NU 2，体部模体",
        "NEMA NU 2, sensitivity": "NEMA NU 2，灵敏度",
        "NEMA NU 2, scatter fraction, count losses and randoms": (
            "NEMA NU 2，散射分数、计数损失和随机符合"
        ),
        "NEMA NU 2-2012 7.3 (28 and 37 mm)": "NEMA NU 2-2012 7.3（28和37 mm）",
        "NEMA NU 2-2018 7 (image quality, accuracy of corrections)": (
            "NEMA NU 2-2018 7（图像质量、校正准确度）"
        ),
        "EARL accreditation for F-18, image quality": "EARL F-18认证，图像质量",
        "EARL accreditation for F-18, image quality, standard 1": "EARL F-18认证，图像质量，标准1",
        "EARL accreditation for F-18, image quality, standard 2": "EARL F-18认证，图像质量，标准2",
        "Medical Exposure Decree (Belgium, 2020), article 60": "医疗照射法令（比利时，2020年）第60条",
        "local; after NEMA NU 1-2007 2.4 (GB/T 18989-2013 E.4.4)": (
            "本地方法；参照NEMA NU 1-2007 2.4（GB/T 18989-2013 E.4.4）"
        ),
        "published practice": "公开发表的做法",
        # Practice where no standard has a clause.
        "practice: accuracy of SUV in a uniform cylinder; deviation as EARL": (
            "常规做法：均匀圆柱模体的SUV准确度；偏差按EARL"
        ),
        "practice: alignment of SPECT and CT; markers as JJF draft 7.4": (
            "常规做法：SPECT与CT的配准；标记点按JJF（草案）7.4"
        ),
        "practice: cross-calibration of PET scanner and activity meter; deviation as EARL": (
            "常规做法：PET与活度计的交叉校准；偏差按EARL"
        ),
        "practice: cylinder with cold spheres and rods, overall SPECT performance": (
            "常规做法：含冷球和冷棒的圆柱模体，SPECT总体性能"
        ),
        "practice: daily check of a PET scanner, detector response; bounds of the manufacturer": (
            "常规做法：PET每日检查，探测器响应；厂家界限"
        ),
        "practice: daily energy peak; peak as NEMA NU 1-2007 2.3 (GB/T 18989-2013 E.3.4)": (
            "常规做法：每日能峰；峰位按NEMA NU 1-2007 2.3（GB/T 18989-2013 E.3.4）"
        ),
        "practice: dead time of a counting system": "常规做法：计数系统的死时间",
        "practice: detector-detector variation of the sensitivity": "常规做法：探头间灵敏度差异",
        "practice: floods in asymmetric windows for hydration of the crystal": (
            "常规做法：非对称能窗泛源图检查晶体潮解"
        ),
        "practice: gamma counter, background": "常规做法：γ计数器，本底",
        "practice: gamma counter, chi-square of repeated counts": "常规做法：γ计数器，重复计数的卡方检验",
        "practice: gamma counter, concentration traced to Ge-68 reference sources": (
            "常规做法：γ计数器，溯源至Ge-68参考源的活度浓度"
        ),
        "practice: gamma counter, constancy with a check source": "常规做法：γ计数器，检验源稳定性",
        "practice: gamma counter, efficiency with sources of known activity": (
            "常规做法：γ计数器，用已知活度源测效率"
        ),
        "practice: gamma counter, energy resolution and photopeak": (
            "常规做法：γ计数器，能量分辨力和光电峰"
        ),
        "practice: gamma counter, linearity and dead time": "常规做法：γ计数器，线性和死时间",
        "practice: general quality control, data integrity and time references": (
            "常规做法：通用质控，数据完整性和时间基准"
        ),
        "practice: general quality control, nuclear data of the equipment": (
            "常规做法：通用质控，设备的核数据"
        ),
        "practice: general quality control, time references; GB/T 18989-2013 E.11.3": (
            "常规做法：通用质控，时间基准；GB/T 18989-2013 E.11.3"
        ),
        "practice: image calibration factor, uniform cylinder of known activity": (
            "常规做法：图像刻度因子，已知活度的均匀圆柱模体"
        ),
        "practice: influence of the corrections of attenuation and scatter": (
            "常规做法：衰减校正和散射校正的影响"
        ),
        "practice: intercomparison of radionuclide calibrators; En as ISO/IEC 17043": (
            "常规做法：活度计比对；En值按ISO/IEC 17043"
        ),
        "practice: intra-operative probe, constancy with a check source": (
            "常规做法：术中探头，检验源稳定性"
        ),
        "practice: limit of detection and choice of windows for nuclides of low activity": (
            "常规做法：低活度核素的探测下限和能窗选择"
        ),
        "practice: point sources seen by all heads; after NEMA NU 1-2007 4.1": (
            "常规做法：各探头均可见的点源；参照NEMA NU 1-2007 4.1"
        ),
        "IAEA-TECDOC-602 2.3.2; practice: radionuclide calibrator, accuracy": (
            "IAEA-TECDOC-602 2.3.2；常规做法：活度计，准确度"
        ),
        "practice: radionuclide calibrator, background and zero of the empty well": (
            "常规做法：活度计，空井本底和零点"
        ),
        "practice: radionuclide calibrator, constancy with a long-lived check source": (
            "常规做法：活度计，长寿命检验源稳定性"
        ),
        "practice: radionuclide calibrator, containers, volumes and places in the well": (
            "常规做法：活度计，容器、体积和井内位置"
        ),
        "practice: radionuclide calibrator, linearity of the response to activity": (
            "常规做法：活度计，活度响应的线性"
        ),
        "practice: radionuclide calibrator, readings of one source over hours": (
            "常规做法：活度计，同一源数小时的读数"
        ),
        "practice: radionuclide calibrator, readings of one source that is not moved": (
            "常规做法：活度计，不移动同一源的读数"
        ),
        "practice: radionuclide calibrator, readings of one source that is taken out and put in again": (
            "常规做法：活度计，同一源取出再放入的读数"
        ),
        "practice: recovery coefficients of hot spheres, NEMA body phantom": (
            "常规做法：热球恢复系数，NEMA体部模体"
        ),
        "practice: sheet source fixed to the head, rotation of 360 degrees": (
            "常规做法：面源固定于探头，旋转360度"
        ),
        "practice: sine of a point source in air": "常规做法：空气中点源的正弦曲线",
        "practice: steadiness of a whole-body sweep": "常规做法：全身扫描的平稳性",
        "practice: timing and energy resolution as the scanner states them": (
            "常规做法：设备给出的时间分辨力和能量分辨力"
        ),
        "practice: tomographic uniformity of PET; squares as NEMA NU 2-1994, uniformity": (
            "常规做法：PET断层均匀性；方块按NEMA NU 2-1994均匀性"
        ),
        "practice: uniform cylinder, tomographic uniformity": "常规做法：均匀圆柱模体，断层均匀性",
    }
)
"""Clauses of analyzers, by the English text."""
