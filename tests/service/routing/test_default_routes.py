"""The rules that come with Photopeak, on names from consoles and on invented ones."""

import pytest

from photopeak.routing import facts
from photopeak.routing.routes import load_routes
from photopeak.routing.rules import RouteTable, rank
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
    ("NM", "max count rate", "count_rate"),
    ("NM", "MCR H1", "count_rate"),
    ("NM", "dead_time_2", "count_rate"),
    ("NM", "Peaking check Tc", "energy"),
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
    # Chinese
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
    # full-width and decomposed forms
    ("NM", "ＦＬＯＯＤ　１", "intrinsic_uniformity"),
    ("NM", "Centro de rotacio\u0301n", "cor"),
]

TRAPS = [
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

    assert {rule.id for rule in table.competing} - chosen == set()


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
