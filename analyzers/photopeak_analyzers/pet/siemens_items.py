"""The items of the daily report of a Siemens PET: names, metrics, units, and wordings."""

from __future__ import annotations

from photopeak_analyzers.pet.report_words import Wording

ITEMS: dict[str, tuple[str, str, str]] = {
    "BlockNoise": ("block_noise_n_out", "", "Block Noise"),
    "BlockEfficiency": ("block_efficiency_n_out", "", "Block Efficiency"),
    "MeasureRandoms": ("randoms_pct", "%", "Measured Randoms"),
    "ScannerEfficiency": ("scanner_efficiency", "cps/Bq/cc", "Scanner Efficiency"),
    "ScatterRatio": ("scatter_ratio_pct", "%", "Scatter Ratio"),
    "ECF": ("ecf", "Bq*s/ECAT counts", "ECF"),
    "PlaneEff": ("plane_efficiency_n_out", "", "Image Plane Efficiency"),
    "TimeAlignment": ("timing_offset_n_out", "", "Block Timing Offset"),
    "TAFWHM": ("timing_width_n_out", "", "Block Timing Width"),
    "TAFitX": ("ta_fit_x_mm", "mm", "TA Fit x"),
    "TAFitY": ("ta_fit_y_mm", "mm", "TA Fit y"),
    "TAResidual": ("ta_residual_mm", "mm", "TA Residual"),
    "EnergyResolution": ("energy_resolution_pct", "%", "Energy Resolution"),
    "EnergyPeak": ("energy_peak_kev", "keV", "Energy Peak"),
}
"""By plain name: metric, unit its value has (empty for a number of blocks or planes), and wording."""
SYNONYMS = {
    "MeasuredRandoms": "MeasureRandoms", "Randoms": "MeasureRandoms",
    "PlaneEfficiency": "PlaneEff", "ImagePlaneEfficiency": "PlaneEff",
    "BlockTimingOffset": "TimeAlignment", "BlockTimingWidth": "TAFWHM",
}  # fmt: skip
ALWAYS = ("BlockNoise", "BlockEfficiency", "MeasureRandoms", "ScannerEfficiency", "ScatterRatio", "ECF", "PlaneEff")  # fmt: skip
"""Items that every report seen has."""
TIMING = ("TimeAlignment", "TAFWHM", "TAFitX", "TAFitY", "TAResidual")
"""Items that a scanner with time of flight has; one of them asks for all."""

WORDINGS = (
    Wording("BlockNoise", r"block\s*noise"),
    Wording("BlockEfficiency", r"block\s*efficiency"),
    Wording("MeasureRandoms", r"measured?\s*randoms?"),
    Wording("ScannerEfficiency", r"scanner\s*efficiency"),
    Wording("ScatterRatio", r"scatter\s*ratio"),
    Wording(
        "ECF", r"(?<![a-z])ecf(?![a-z])|ecat\s*calibration\s*factor|scanner\s*calibration\s*factor"
    ),
    Wording("PlaneEff", r"(?:image\s*)?plane\s*eff(?:iciency)?"),
    Wording("TimeAlignment", r"(?:block\s*)?(?:timing\s*offset|time\s*(?:alignment|offset))"),
    Wording("TAFWHM", r"(?:block\s*)?(?:timing|time)\s*width|ta\s*fwhm"),
    Wording("TAFitX", r"(?:time\s*alignment|ta)\s*fit\s*\(?x\)?"),
    Wording("TAFitY", r"(?:time\s*alignment|ta)\s*fit\s*\(?y\)?"),
    Wording("TAResidual", r"(?:time\s*alignment|ta)\s*residual"),
    Wording("EnergyResolution", r"energy\s*resolution"),
    Wording("EnergyPeak", r"energy\s*peak"),
    Wording("PhantomAge", r"phantom\s*(?:activity\s*)?age|phantom\s*activity"),
)
"""The same items by what a PDF calls them, the longer wording before one that it contains."""
