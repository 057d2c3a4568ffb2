"""Which radionuclide an object names, in any of the ways that consoles do it."""

from __future__ import annotations

from photopeak.reading import vendors
from photopeak.reading.dataset import DataSet
from photopeak_analyzers.nuclides import canonical_name, recognise


def nuclide_of(data_set: DataSet) -> str | None:
    """Return the canonical name such as ``Tc-99m``; None when the header does not tell.

    The code value decides, then its meaning, then the names of GE and of the energy windows.
    """
    for item in data_set.items("RadiopharmaceuticalInformationSequence"):
        for code in item.items("RadionuclideCodeSequence"):
            value = code.text("CodeValue") or code.text("LongCodeValue")
            found = recognise(value, code.text("CodeMeaning"))
            if found is not None:
                return found
    found = canonical_name(vendors.ge_nuclide_name(data_set))
    if found is not None:
        return found
    named = {
        canonical_name(window.text("EnergyWindowName"))
        for window in data_set.items("EnergyWindowInformationSequence")
    } - {None}
    return named.pop() if len(named) == 1 else None
