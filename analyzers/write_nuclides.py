"""Write the page of the nuclides beside this script, from the table and its evaluations.

::

    python analyzers/write_nuclides.py
"""

from __future__ import annotations

from pathlib import Path

from photopeak_analyzers.nuclide_evaluations import DAY_S, EVALUATED, HOUR_S, MINUTE_S, YEAR_S
from photopeak_analyzers.nuclide_table import NUCLIDES, TABLE_VERSION, Nuclide
from photopeak_analyzers.nuclides import DEFAULT_EVALUATION, SECOND_EVALUATION

PAGE = Path(__file__).resolve().with_name("NUCLIDES.md")
UNITS = (("a", YEAR_S), ("d", DAY_S), ("h", HOUR_S), ("min", MINUTE_S), ("s", 1.0))

HEAD = """# Nuclides

Version {version} of the table of nuclides, as `photopeak_analyzers.nuclide_table` has it; results name the version
and the value they used. Written by `write_nuclides.py`; a test holds it against the code.

- A half-life is that of the clause where the variant of a test prescribes one, else that of ICRP
  Publication 107 (2008). ENSDF, the archive of September 2023, stands beside it with its standard
  uncertainty (k = 1). Where a source gives no uncertainty, the difference of the two evaluations and
  the uncertainty of ENSDF together are taken. A year has 365.2422 d.
- The intensity of a line, in photons per 100 decays, is that of the standard where one lists it
  (WS/T 584-2017 table A.1), else that of ENSDF, with ICRP 107 beside it for comparison; the lines of
  Tc-99m and In-113m are those of the UKAEA library decay_2012. The line of Cs-137 is that of Ba-137m.
- The two evaluations are not independent throughout: ICRP 107 goes back to an earlier ENSDF.

| nuclide | half-life (ICRP 107) | ENSDF | difference | prescribed or evaluated elsewhere | positrons per decay: used (ICRP 107, ENSDF) | lines in keV: used % (ICRP 107 %, ENSDF % ± u) |
| --- | --- | --- | --- | --- | --- | --- |
"""


def page() -> str:
    """Return the page as Markdown."""
    rows = "".join(f"| {' | '.join(_cells(nuclide))} |\n" for nuclide in NUCLIDES)
    return HEAD.format(version=TABLE_VERSION) + rows


def _cells(nuclide: Nuclide) -> tuple[str, ...]:
    first, second = (nuclide.half_lives[key] for key in (DEFAULT_EVALUATION, SECOND_EVALUATION))
    unit, unit_s = next((u, s) for u, s in UNITS if first.seconds >= s)
    off = 100.0 * (first.seconds / second.seconds - 1.0)
    others: dict[str, list[str]] = {}
    for profile, life in nuclide.half_lives.items():
        if profile not in (DEFAULT_EVALUATION, SECOND_EVALUATION):
            u = "" if life.uncertainty_s is None else f" ± {life.uncertainty_s / unit_s:.2g}"
            said = f"{life.seconds / unit_s:.6g}{u} {unit} ({life.source})"
            others.setdefault(said, []).append(f"`{profile}`")
    return (
        nuclide.name,
        f"{first.seconds / unit_s:.6g} {unit}",
        f"{second.seconds / unit_s:.6g} ± {(second.uncertainty_s or 0.0) / unit_s:.2g} {unit}",
        f"{off:+.3f} %",
        "<br>".join(f"{', '.join(names)}: {said}" for said, names in others.items()),
        _positrons(nuclide),
        "<br>".join(_lines(nuclide)),
    )


def _positrons(nuclide: Nuclide) -> str:
    if nuclide.positron_fraction is None:
        return ""
    evaluated = EVALUATED[nuclide.name].positrons
    if evaluated is None:
        return f"{nuclide.positron_fraction:.4g}"
    return (
        f"{nuclide.positron_fraction:.4g} ({evaluated.icrp:.4f},"
        f" {evaluated.ensdf:.4f} ± {evaluated.uncertainty:.1g})"
    )


def _lines(nuclide: Nuclide) -> list[str]:
    found = []
    for line in nuclide.lines:
        used = "no intensity" if line.intensity_percent is None else f"{line.intensity_percent:.6g}"
        beside = next(
            (
                e
                for e in EVALUATED[nuclide.name].lines
                if abs(e.energy_kev - line.energy_kev) <= 1.0
            ),
            None,
        )
        said = f"{line.energy_kev:g}: {used}"
        if beside is not None:
            said += (
                f" ({beside.icrp_percent:.5g}, {beside.percent:.5g}"
                f" ± {beside.uncertainty_percent:.2g})"
            )
        found.append(f"{said} {line.source}")
    return found


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
