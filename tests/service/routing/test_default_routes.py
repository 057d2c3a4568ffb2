"""The rules that come with Photopeak, on names from consoles and on invented ones."""

from importlib.metadata import entry_points

import pytest

from photopeak.routing import facts
from photopeak.routing.catalogue import TESTS
from photopeak.routing.routes import load_routes
from photopeak.routing.rules import RouteTable, by_modality, rank
from photopeak.routing.structure_gates import (
    HIGH_RATE_SLITS,
    LINE_SOURCES,
    OF_PROJECTIONS,
    SLITS,
)
from support.headers import header


@pytest.fixture(scope="module")
def table() -> RouteTable:
    return load_routes()


def winner(table: RouteTable, kind: str, description: str, **texts: str) -> str:
    """Return the rule that the text alone chooses."""
    series = header(description, kind=kind, **texts)
    found = [(rule, rule.check(series, facts.modality_of(series))) for rule in table.competing]
    matches = sorted((pair for pair in found if pair[1].matched), key=lambda pair: rank(*pair))
    return matches[0][0].id if matches else ""


OBSERVED = [
    ("NM", "UNIF_INT_H1_H1", "intrinsic_uniformity"),
    ("NM", "RES_SPA_X_H1_H1", "intrinsic_resolution"),
    ("NM", "RES_SPA_Y_H1_H1", "intrinsic_resolution"),
    ("NM", "LIN_Y_H2_H2", "linearity"),
    ("NM", "JASZCZAK_PHAN_DH Reor OK", "jaszczak"),
    ("NM", "PO-2_H2", ""),
    ("NM", "POSTERIOR_H2", ""),
    ("NM", "Konstanstest barfantom Intevo det 1", "bar"),
    ("NM", "linjekilde det 1", "system_resolution"),
    ("NM", "3d linjekilde [Recon - NoAC ]", "system_resolution"),
    ("NM", "Skannhastighet", "wb_scan_uniformity"),
    ("NM", "Kantmetoden det 1", ""),
    ("NM", "Intrinsic Verification Flood", "intrinsic_uniformity"),
    ("NM", "Dual Extrinsic Floods", "extrinsic_uniformity"),
    ("NM", "FLOODS001_DS", "intrinsic_uniformity"),
    ("NM", "C.O.R. Test", "cor"),
    ("NM", "Bar Phantom Test", "bar"),
    ("NM", "X-ray to NM Registration", "registration_hybrid"),
    ("NM", "FONDO", "background"),
    ("NM", "Static", ""),
    ("NM", "Detector 2", ""),
    ("PT", "EARL2 kule 400 5.5", "image_quality"),
    ("PT", "test series", ""),
]

INVENTED = [
    # English
    ("NM", "Weekly flood 15 Mcts", "intrinsic_uniformity"),
    ("NM", "IFFU Tc99m H2", "intrinsic_uniformity"),
    ("NM", "Flood Co-57 sheet LEHR", "extrinsic_uniformity"),
    ("NM", "Extrinsic uniformity LEHR", "extrinsic_uniformity"),
    ("NM", "Co57_daily_flood", "extrinsic_uniformity"),
    ("NM", "COR_LEHR_180", "cor"),
    ("NM", "Center of rotation 3 points", "cor"),
    ("NM", "centre-of-rotation", "cor"),
    ("NM", "MHR LEHR", "mhr"),
    ("NM", "NCO/MHR calibration", "mhr"),
    ("NM", "multi-head registration", "mhr"),
    ("NM", "MWSR Ga67 pos 3", "mwsr"),
    ("NM", "Multiple window spatial registration", "mwsr"),
    ("NM", "off-peak low flood", "hydration"),
    ("NM", "Asymmetric window H1", "hydration"),
    ("NM", "crystal hydration check", "hydration"),
    ("NM", "quad bar 0 deg", "bar"),
    ("NM", "bars_90", "bar"),
    ("NM", "Slit X", "intrinsic_resolution"),
    ("NM", "intrinsic spatial resolution Y", "intrinsic_resolution"),
    ("NM", "Linearity X", "linearity"),
    ("NM", "system resolution LEHR 100mm", "system_resolution"),
    ("NM", "line source LEHR", "system_resolution"),
    ("NM", "SPECT resolution line", "tomo_resolution"),
    ("NM", "Whole body line source", "wb_resolution"),
    ("NM", "WB scan speed", "wb_scan_uniformity"),
    ("NM", "Sensitivity LEHR 10cm", "sensitivity"),
    ("NM", "Sens LEHR background", "sensitivity_background"),
    ("NM", "BKG sensitivity H1", "sensitivity_background"),
    ("NM", "灵敏度 本底", "sensitivity_background"),
    ("NM", "count rate background end", "count_rate_background"),
    ("NM", "BKG dead time", "count_rate_background"),
    ("NM", "计数率 本底", "count_rate_background"),
    ("NM", "background count rate", "background"),
    ("NM", "max count rate", "count_rate"),
    ("NM", "MCR H1", "count_rate"),
    ("NM", "dead_time_2", "count_rate"),
    ("NM", "Peaking check Tc", "energy"),
    ("NM", "Spectrum Tc-99m sweep", "energy"),
    ("NM", "Energy resolution Tc99m", "energy_resolution"),
    ("NM", "能量分辨率", "energy_resolution"),
    ("NM", "Energy_Res Co-57", "energy_resolution_reference"),
    ("NM", "57Co energy resolution H1", "energy_resolution_reference"),
    ("NM", "能量分辨率 钴57", "energy_resolution_reference"),
    ("NM", "BKG_10min", "background"),
    ("NM", "Background room 2", "background"),
    ("NM", "Jaszczak 2026-01", "jaszczak"),
    ("NM", "tomo uniformity cylinder", "tomo_uniformity"),
    ("NM", "SPECT well counter cal", "cylinder_quant"),
    ("NM", "SPECT/CT registration", "registration_hybrid"),
    ("NM", "VQC", "registration_hybrid"),
    ("NM", "NEMA IEC body", "image_quality"),
    ("NM", "Daily QC", "generic_qc"),
    ("NM", "Phantom", "generic_qc"),
    ("PT", "Daily QC", "pet_daily"),
    ("PT", "NEMA IQ", "image_quality"),
    ("PT", "NEMA point source 1cm", "pet_resolution"),
    ("PT", "PET sensitivity sleeve 3", "sensitivity"),
    ("PT", "Cross calibration", "cylinder_quant"),
    ("PT", "Ge-68 cylinder", "pet_uniformity"),
    ("PT", "ACR phantom", "jaszczak"),
    ("PT", "PET/CT alignment", "registration_hybrid"),
    ("PT", "NECR decay frame 12", "count_rate"),
    ("CT", "Water QC", "ct_water"),
    ("CT", "PET/CT alignment CT", "registration_pet_ct"),
    ("CT", "SPECT-CT alignment", "registration_hybrid"),
    ("CT", "Topogram 0.6", "ignore_clinical_localizer"),
    ("NM", "Intrinsic flood high count rate", "high_rate_uniformity"),
    ("NM", "75 kcps flood", "high_rate_uniformity"),
    ("NM", "High rate slit X", "high_rate_resolution"),
    ("NM", "Rotational uniformity LEHR", "rotational_stability"),
    ("NM", "Rotation sensitivity 360", "rotational_stability"),
    ("NM", "Bar phantom linearity", "bar_linearity"),
    ("NM", "bars_straightness", "bar_linearity"),
    ("NM", "Point source sensitivity grid", "point_sensitivity_variation"),
    ("NM", "Point source sensitivity 12/221", "point_sensitivity_variation"),
    ("NM", "Point source sensitivity 221/221", "point_sensitivity_last"),
    ("NM", "Sensitivity_variation_9_of_9", "point_sensitivity_last"),
    ("NM", "point source sens last", "point_sensitivity_last"),
    ("NM", "点源灵敏度 最后", "point_sensitivity_last"),
    ("NM", "Septal penetration 100mm", "septal_penetration"),
    ("NM", "Clock check", "clock_check"),
    ("NM", "Ra-223 detection limit vial", "detection_limit"),
    ("NM", "MDA Th-227", "detection_limit"),
    ("NM", "Detection limit background 10h", "detection_limit_background"),
    ("NM", "BKG LOD Ra223 night", "detection_limit_background"),
    ("NM", "Nuclear data", "nuclear_data"),
    ("PT", "QC half-life F18", "nuclear_data"),
    ("NM", "QC time sync", "clock_check"),
    ("NM", "Line source 100 mm without scatter", "system_resolution_in_air"),
    ("NM", "LEHR 10cm system resolution in air Y", "system_resolution_in_air"),
    ("NM", "System resolution scatter 150mm X", "system_resolution_with_scatter"),
    ("NM", "Line source PMMA", "system_resolution_with_scatter"),
    ("NM", "系统空间分辨率 有散射 100mm", "system_resolution_with_scatter"),
    ("NM", "系统空间分辨率 无散射", "system_resolution_in_air"),
    ("NM", "Shield leakage side", "shield_leakage"),
    ("NM", "Shield leakage background", "shield_leakage_background"),
    ("NM", "探头屏蔽泄漏 本底", "shield_leakage_background"),
    ("NM", "Shield leakage reference 10 cm", "shield_leakage_reference"),
    ("NM", "Centre, head leakage", "shield_leakage_reference"),
    ("NM", "探头屏蔽泄漏 参考", "shield_leakage_reference"),
    ("NM", "Shield leakage stray front up", "shield_leakage_front"),
    ("NM", "Shield leakage 2 m front left", "shield_leakage_front"),
    ("NM", "Shield leakage 2m side down", "shield_leakage_side"),
    ("NM", "Detector leak back", "shield_leakage"),
    ("NM", "Pixel size X", "pixel_size"),
    ("NM", "pixel_calibration", "pixel_size"),
    ("NM", "Points 300 mm pixel size Y", "pixel_size"),
    ("NM", "Head matching background", "head_matching_background"),
    ("NM", "探头匹配 本底", "head_matching_background"),
    ("NM", "Head sensitivity matching", "head_matching"),
    ("NM", "det to det difference", "head_matching"),
    ("NM", "Volume sensitivity cylinder", "volume_sensitivity"),
    ("NM", "Attenuation correction check", "attenuation_scatter"),
    ("NM", "Scatter phantom", "attenuation_scatter"),
    ("NM", "Attenuation check no AC", "attenuation_scatter_off"),
    ("NM", "Scatter phantom uncorrected", "attenuation_scatter_off"),
    ("NM", "衰减校正检查 未校正", "attenuation_scatter_off"),
    ("NM", "MTF LEHR", "modulation_transfer"),
    ("NM", "Recovery coefficients Lu177", "recovery"),
    ("PT", "RC curve", "recovery"),
    ("PT", "EARL 2 RC curve", "recovery_earl_2"),
    ("PT", "Recovery coefficients EARL standard 2", "recovery_earl_2"),
    ("PT", "恢复系数 EARL2", "recovery_earl_2"),
    ("PT", "Recovery coefficients EARL 1", "recovery"),
    ("PT", "SUV accuracy", "suv_accuracy"),
    ("PT", "suv_check", "suv_accuracy"),
    ("PT", "TOF timing", "pet_timing_energy"),
    ("PT", "Energy resolution", "pet_timing_energy"),
    ("PT", "Scatter fraction 70cm", "pet_noise_equivalent"),
    ("PT", "NEC line source", "pet_noise_equivalent"),
    ("PT", "CoDe Weekly QC", "pet_daily"),
    ("PT", "Basic DLQC", "pet_daily"),
    # procedures as the consoles of GE and Siemens name them
    ("NM", "NM Daily QC", "generic_qc"),
    ("NM", "HE NM Daily QC", "generic_qc"),
    ("NM", "Periodical NM Calibration & QC", "generic_qc"),
    ("PT", "Basic Daily QC (DLQC)", "pet_daily"),
    ("PT", "CoDe Daily QC", "pet_daily"),
    ("PT", "QualityGuard Report", "pet_daily"),
    ("PT", "System Quality Report", "pet_daily"),
    ("PT", "DQA", "pet_daily"),
    ("NM", "Extrinsic Verification Flood", "extrinsic_uniformity"),
    ("NM", "TOMO_EM_IRACSCRR001_DS", ""),
    # Chinese
    ("NM", "高计数率均匀性", "high_rate_uniformity"),
    ("NM", "固有空间分辨率 高计数率", "high_rate_resolution"),
    ("NM", "旋转均匀性", "rotational_stability"),
    ("NM", "四象限铅栅 线性", "bar_linearity"),
    ("NM", "点源灵敏度的变化", "point_sensitivity_variation"),
    ("NM", "准直器间壁穿透", "septal_penetration"),
    ("NM", "时钟核对", "clock_check"),
    ("NM", "探测下限 本底", "detection_limit_background"),
    ("NM", "镭223探测下限", "detection_limit"),
    ("PT", "半衰期核对", "nuclear_data"),
    ("NM", "探头屏蔽泄漏", "shield_leakage"),
    ("NM", "像素尺寸", "pixel_size"),
    ("NM", "探头间灵敏度差异", "head_matching"),
    ("NM", "体积灵敏度", "volume_sensitivity"),
    ("NM", "衰减校正检查", "attenuation_scatter"),
    ("NM", "调制传递函数", "modulation_transfer"),
    ("PT", "恢复系数", "recovery"),
    ("PT", "标准摄取值偏差", "suv_accuracy"),
    ("PT", "时间分辨率", "pet_timing_energy"),
    ("PT", "噪声等效计数率", "pet_noise_equivalent"),
    ("PT", "日检", "pet_daily"),
    ("NM", "日检", "generic_qc"),
    ("NM", "系统空间分辨力", "system_resolution"),
    ("NM", "能谱", "energy"),
    ("NM", "死时间", "count_rate"),
    ("NM", "全身分辨率", "wb_resolution"),
    ("NM", "Whole body resolution along table 100 mm", "wb_resolution"),
    ("NM", "配准", "registration_hybrid"),
    ("NM", "图像质量", "image_quality"),
    ("NM", "断层模体", "jaszczak"),
    ("NM", "交叉刻度", "cylinder_quant"),
    ("PT", "PET/CT配准", "registration_hybrid"),
    ("CT", "PET/CT 配准", "registration_pet_ct"),
    ("PT", "空间分辨率 点源", "pet_resolution"),
    ("PT", "空间分辨率测量模体 热区插件", "pet_rod_phantom"),
    ("PT", "模体法 冷区插件", "pet_rod_phantom"),
    ("PT", "Derenzo F18 256x256", "pet_rod_phantom"),
    ("PT", "Spatial resolution phantom", "pet_rod_phantom"),
    ("PT", "hot rod insert", "pet_rod_phantom"),
    ("PT", "灵敏度", "sensitivity"),
    ("PT", "分辨率模体", "pet_rod_phantom"),
    ("NM", "固有均匀性", "intrinsic_uniformity"),
    ("NM", "系统均匀性 LEHR", "extrinsic_uniformity"),
    ("NM", "泛源 钴57", "extrinsic_uniformity"),
    ("NM", "旋转中心_探头1", "cor"),
    ("NM", "探头配准", "mhr"),
    ("NM", "多窗配位", "mwsr"),
    ("NM", "空间线性 X", "linearity"),
    ("NM", "固有空间分辨率 X", "intrinsic_resolution"),
    ("NM", "系统空间分辨率", "system_resolution"),
    ("NM", "断层空间分辨率", "tomo_resolution"),
    ("NM", "四象限铅栅", "bar"),
    ("NM", "平面灵敏度", "sensitivity"),
    ("NM", "最大计数率", "count_rate"),
    ("NM", "能峰", "energy"),
    ("NM", "本底", "background"),
    ("NM", "水合 低能窗", "hydration"),
    ("NM", "断层均匀性", "tomo_uniformity"),
    ("NM", "全身均匀性", "wb_scan_uniformity"),
    ("NM", "质控", "generic_qc"),
    ("PT", "每日质控", "pet_daily"),
    ("PDF", "SystemQualityReport", "pet_daily"),
    ("PDF", "Sinogram reference", "pet_daily_reference"),
    ("PT", "图像质量", "image_quality"),
    ("PT", "交叉校准", "cylinder_quant"),
    ("PT", "均匀模 水模", "pet_uniformity"),
    ("CT", "水模", "ct_water"),
    ("CT", "定位像", "ignore_clinical_localizer"),
    # Norwegian and Spanish
    ("NM", "Rotasjonssenter det 2", "cor"),
    ("NM", "bakgrunn", "background"),
    ("NM", "Konstanstest uniformitet", "intrinsic_uniformity"),
    ("PT", "vann sylinder", "pet_uniformity"),
    ("CT", "Vann konstanstest", "ct_water"),
    ("NM", "uniformidad H1", "intrinsic_uniformity"),
    ("NM", "Uniformidad extrínseca", "extrinsic_uniformity"),
    ("NM", "Centro de rotación", "cor"),
    ("NM", "linealidad", "linearity"),
    ("NM", "barras", "bar"),
    ("NM", "sensibilidad planar", "sensitivity"),
    ("PT", "calidad de imagen", "image_quality"),
    # whole-body counters
    ("PDF", "Spectrum WBC background 60000 s", "wbc_background"),
    ("PDF", "Spectrum wbc daily check Am-241 Co-60", "wbc_energy_check"),
    ("PDF", "Spectrum WBC energy calibration Eu-152", "wbc_energy_calibration"),
    ("PDF", "Spectrum wbc efficiency BOMAB", "wbc_efficiency"),
    ("PDF", "Spectrum wbc efficiency background", "wbc_efficiency_background"),
    ("PDF", "Spectrum WBC subject S-0042", "wbc_subject"),
    ("PDF", "Spectrum WBC subject background", "wbc_subject_background"),
    ("PDF", "Spectrum wbc thyroid S-0042", "wbc_thyroid"),
    ("PDF", "Spectrum wbc thyroid background", "wbc_thyroid_background"),
    ("PDF", "Spectrum wbc detection limit", "wbc_detection_limit"),
    ("PDF", "Spectrum whole-body counter peaks", "wbc_peaks"),
    ("PDF", "Spectrum 全身计数 本底", "wbc_background"),
    ("PDF", "Spectrum 全身计数器 能量刻度", "wbc_energy_calibration"),
    # gamma counters
    ("PDF", "Spectrum gamma counter Cs-137", "gamma_counter_spectrum"),
    ("PDF", "Spectrum Well Counter 662 keV", "gamma_counter_spectrum"),
    ("PDF", "Spectrum γ计数器 能量分辨率", "gamma_counter_spectrum"),
    # full-width and decomposed forms
    ("NM", "ＦＬＯＯＤ　１", "intrinsic_uniformity"),
    ("NM", "Centro de rotacio\u0301n", "cor"),
]

NEAR_MISSES = {
    "wbc_efficiency_background": ("PDF", "Spectrum efficiency background", ""),
    "wbc_thyroid_background": ("PDF", "Spectrum wbc thyroids", "wbc_thyroid"),
    "wbc_subject_background": ("PDF", "Spectrum wbc subject", "wbc_subject"),
    "wbc_detection_limit": ("PDF", "Spectrum wbc limits", ""),
    "wbc_efficiency": ("PDF", "Spectrum wbc effect", ""),
    "wbc_energy_check": ("PDF", "Spectrum wbc energies", "wbc_energy_calibration"),
    "wbc_energy_calibration": ("PDF", "Spectrum energy calibration", ""),
    "wbc_thyroid": ("PDF", "Spectrum thyroid", ""),
    "wbc_background": ("PDF", "Spectrum swbc background", ""),
    "wbc_subject": ("PDF", "Spectrum subject", ""),
    "wbc_peaks": ("PDF", "Spectrum wbc", ""),
    "gamma_counter_spectrum": ("PDF", "Spectrum counter gamma", ""),
    "ignore_clinical_localizer": ("CT", "Local recon", ""),
    "hydration": ("NM", "Peak 140 keV flood", "energy"),
    "mwsr": ("NM", "Multi window flood", "intrinsic_uniformity"),
    "mhr": ("NM", "Head 2 flood", "intrinsic_uniformity"),
    "high_rate_uniformity": ("NM", "High resolution flood 275 kcps", "intrinsic_uniformity"),
    "high_rate_resolution": ("NM", "Heart rate rest", ""),
    "rotational_stability": ("NM", "Protuniform static", ""),
    "cor": ("NM", "Coronal flood", "intrinsic_uniformity"),
    "registration_pet_ct": ("CT", "PET CT 3.0", ""),
    "registration_hybrid": ("NM", "Patient registration", ""),
    "bar_linearity": ("NM", "Bar phantom line 1", "bar"),
    "linearity": ("NM", "Lindane", ""),
    "bar": ("NM", "Barium test", ""),
    "intrinsic_resolution": ("NM", "Intrinsic rest flood", "intrinsic_uniformity"),
    "tomo_resolution": ("NM", "Tomo stress", ""),
    "wb_scan_uniformity": ("NM", "Whole body bone", ""),
    "wb_resolution": ("NM", "Whole body bone delayed", ""),
    "pet_timing_energy": ("PT", "WB TOF OSEM", ""),
    "pet_resolution": ("PT", "Spatial normalised brain", ""),
    "pet_rod_phantom": ("PT", "Spatial resolution point source", "pet_resolution"),
    "system_resolution": ("NM", "System flood", "extrinsic_uniformity"),
    "system_resolution_in_air": ("NM", "System resolution near air", "system_resolution"),
    "system_resolution_with_scatter": ("NM", "Resolution of scattering", ""),
    "point_sensitivity_last": (
        "NM",
        "Point source sensitivity 2/12",
        "point_sensitivity_variation",
    ),
    "point_sensitivity_variation": ("NM", "Point source 5 cm", ""),
    "septal_penetration": ("NM", "Septal wall motion", ""),
    "clock_check": ("NM", "Clockwise SPECT", ""),
    "nuclear_data": ("NM", "Nuclear cardiology half dose", ""),
    "detection_limit": ("NM", "Sentinel node detection", ""),
    "detection_limit_background": ("NM", "Ra-223 detection limit", "detection_limit"),
    "head_matching_background": ("NM", "Head matching LEHR", "head_matching"),
    "shield_leakage_background": ("NM", "Shield leakage back", "shield_leakage"),
    "shield_leakage_reference": ("NM", "Shield leakage P3", "shield_leakage"),
    "shield_leakage_front": ("NM", "Shield leakage front 12 mm", "shield_leakage"),
    "shield_leakage_side": ("NM", "Shield leakage side 2", "shield_leakage"),
    "shield_leakage": ("NM", "CSF leak cisternography", ""),
    "pixel_size": ("NM", "Pixelated view", ""),
    "head_matching": ("NM", "Head sensitivity LEHR", "sensitivity"),
    "volume_sensitivity": ("NM", "Lung volume", ""),
    "sensitivity": ("NM", "Sentinel node", ""),
    "sensitivity_background": ("NM", "Sensor backs", ""),
    "count_rate": ("NM", "Recount", ""),
    "count_rate_background": ("NM", "本底计数率", "background"),
    "pet_noise_equivalent": ("PT", "Neck", ""),
    "energy_resolution": ("NM", "Energy rest", "energy"),
    "energy_resolution_reference": ("NM", "Co-57 energy", ""),
    "energy": ("NM", "Speaking task", ""),
    "background": ("NM", "Backs", ""),
    "recovery": ("NM", "Stress recovery", ""),
    "recovery_earl_2": ("PT", "RC curve EARL 20", "recovery"),
    "image_quality": ("PT", "Pearl", ""),
    "jaszczak": ("PT", "Sacrum", ""),
    "suv_accuracy": ("PT", "SUV", "cylinder_quant"),
    "cylinder_quant": ("PT", "Calibrated view", ""),
    "attenuation_scatter": ("NM", "Attenuation corrected", ""),
    "attenuation_scatter_off": ("NM", "Scatter phantom notch", "attenuation_scatter"),
    "tomo_uniformity": ("NM", "Tomo bone", ""),
    "pet_uniformity": ("PT", "Water drinking", ""),
    "pet_daily": ("PT", "Weekly QC", "generic_qc"),
    "pet_daily_reference": ("PDF", "Sinogram refused", ""),
    "extrinsic_uniformity": ("NM", "External carotid", ""),
    "intrinsic_uniformity": ("NM", "Universal", ""),
    "ct_water": ("CT", "Waist", ""),
    "modulation_transfer": ("NM", "MTFX line source", "system_resolution"),
    "generic_qc": ("NM", "Aqcess", ""),
}
"""For each rule a name that is nearly its own, and the rule that this name chooses instead."""

NEVER_BY_NAME = {
    "dead_time": "comes out of the count-rate series",
    "intrinsic_max_count_rate": "the count-rate rule, told apart by the gate of dynamic images",
}
"""Tests that no name leads to, with the reason."""

BY_MODEL = {"registration_pet_ct_by_model"}
"""Rules that ask for the model of the scanner besides the name."""

ROLE_TOLD_BY_IMAGE = (
    SLITS | {HIGH_RATE_SLITS} | LINE_SOURCES | OF_PROJECTIONS | {"crystal_hydration"}
)
"""Tests whose roles the header or the pixels tell apart."""

TRAPS = [
    ("NM", "SPECT REST"),
    ("NM", "Tomo rest gated"),
    ("NM", "WB baseline"),
    ("NM", "Whole body rest"),
    ("NM", "Coronal"),
    ("NM", "CORRECTED AC"),
    ("NM", "attn_corr"),
    ("NM", "Decor"),
    ("NM", "Myocardial rest"),
    ("NM", "Bone static ANT"),
    ("NM", "barium follow"),
    ("NM", "Embargo"),
    ("NM", "linda"),
    ("NM", "Consensus"),
    ("NM", "Acromion"),
    ("NM", "backgrounds subtracted renogram"),
    ("PT", "WB AC FDG"),
    ("CT", "AC CT 3.0 B30s"),
]


@pytest.mark.parametrize(("kind", "description", "rule"), OBSERVED + INVENTED)
def test_a_name_chooses_its_rule(table: RouteTable, kind: str, description: str, rule: str) -> None:
    assert winner(table, kind, description) == rule


@pytest.mark.parametrize(("kind", "description"), TRAPS)
def test_a_clinical_name_chooses_no_rule(table: RouteTable, kind: str, description: str) -> None:
    assert winner(table, kind, description) == ""


def test_every_rule_is_chosen_by_some_name(table: RouteTable) -> None:
    chosen = {rule for _, _, rule in OBSERVED + INVENTED}

    assert {rule.id for rule in table.competing} - chosen == BY_MODEL


def test_every_test_of_images_has_a_rule(table: RouteTable) -> None:
    routed = {test for rule in table.rules for test in rule.test.values()}

    assert routed | set(NEVER_BY_NAME) == TESTS
    assert not routed & set(NEVER_BY_NAME)


def test_every_rule_names_the_role_that_the_image_does_not_tell(table: RouteTable) -> None:
    several = {
        each.name: roles
        for each in entry_points(group="photopeak.analyzers")
        if len(roles := {role.name for role in each.load().roles}) > 1
    }
    named = [
        (rule.id, modality, test, by_modality(rule.role, modality))
        for rule in table.competing
        for modality in ("NM", "PT")
        if (test := by_modality(rule.test, modality)) in several
    ]

    assert named
    assert {test for _, _, test, role in named if not role} <= ROLE_TOLD_BY_IMAGE
    assert all(role in several[test] for _, _, test, role in named if role)


def test_every_rule_has_a_near_miss(table: RouteTable) -> None:
    assert {rule.id for rule in table.competing} - BY_MODEL == set(NEAR_MISSES)


@pytest.mark.parametrize("rule", NEAR_MISSES)
def test_a_name_that_is_nearly_right_does_not_choose_the_rule(table: RouteTable, rule: str) -> None:
    kind, description, chosen = NEAR_MISSES[rule]

    assert winner(table, kind, description) == chosen
    assert chosen != rule


@pytest.mark.parametrize(
    ("model", "rule"),
    [
        ("Biograph64_Vision 600", "registration_pet_ct_by_model"),
        ("Discovery MI", "registration_pet_ct_by_model"),
        ("uMI 780", "registration_pet_ct_by_model"),
        ("Symbia Intevo 16", "registration_hybrid"),
        ("Discovery NM/CT 670", "registration_hybrid"),
        ("", "registration_hybrid"),
    ],
)
@pytest.mark.parametrize("description", ["配准精度", "VQC"])
def test_the_model_tells_of_which_scanner_a_ct_is_whose_name_does_not(
    table: RouteTable, description: str, model: str, rule: str
) -> None:
    assert winner(table, "CT", description, ManufacturerModelName=model) == rule


@pytest.mark.parametrize("keyword", ["SiemensPresetName", "GEDatasetName", "ImageID"])
def test_the_preset_names_of_makers_choose_like_a_description(
    table: RouteTable, keyword: str
) -> None:
    study = "Extrinsic Verification QC Study"

    assert winner(table, "NM", "", StudyDescription=study) == "extrinsic_uniformity"
    assert winner(table, "NM", "", StudyDescription=study, **{keyword: "COR LEHR"}) == "cor"
    assert winner(table, "NM", "Static", **{keyword: "Bar Phantom Test"}) == "bar"


def test_the_protocol_of_ge_is_a_path_of_names(table: RouteTable) -> None:
    assert winner(table, "NM", "", ProtocolName="User&QC&Bar Phantom") == "bar"
    assert winner(table, "NM", "", ProtocolName="User&Endocrine&I131 Uptake") == ""


def test_the_series_description_goes_before_the_image_id_and_the_study(table: RouteTable) -> None:
    assert winner(table, "NM", "Flood", ImageID="Bar phantom") == "intrinsic_uniformity"
    assert (
        winner(table, "NM", "", ImageID="Flood", StudyDescription="MHR") == "intrinsic_uniformity"
    )
    assert winner(table, "NM", "", StudyDescription="MHR") == "mhr"


def test_a_line_source_in_a_study_of_floods_is_a_line_source(table: RouteTable) -> None:
    study = "Extrinsic Verification QC Study"

    assert winner(table, "NM", "linjekilde det 1", StudyDescription=study) == "system_resolution"


def test_a_vague_name_yields_to_a_better_one_in_a_lesser_field(table: RouteTable) -> None:
    assert winner(table, "NM", "QC", ImageID="UNIF_INT_H1") == "intrinsic_uniformity"
    assert winner(table, "NM", "QC", StudyDescription="Intrinsic flood") == "generic_qc"
