"""Files of spectra in every form that is read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from photopeak_analyzers.acquisition import Spectrum


def spe(
    counts: Sequence[float],
    *,
    title: str = "No sample description was entered.",
    date: str = "03/02/2026 08:00:00",
    times: str = "100 110",
    calibration: str = "2\n0.5 0.25 keV",
    first: int = 0,
    newline: str = "\r\n",
) -> bytes:
    """Return a file in the SPE form."""
    blocks = [
        f"$SPEC_ID:\n{title}",
        "$SPEC_REM:\nDET# 1\nDETDESC# digiBASE\nAP# Maestro Version 7.01",
        f"$DATE_MEA:\n{date}",
        f"$MEAS_TIM:\n{times}",
        f"$DATA:\n{first} {first + len(counts) - 1}",
        "\n".join(f"{round(count):8d}" for count in counts),
        "$ROI:\n0",
        *([f"$MCA_CAL:\n{calibration}"] if calibration else []),
    ]
    return ("\n".join(blocks) + "\n").replace("\n", newline).encode()


def spe_of(spectrum: Spectrum, *, title: str = "", at: datetime | None = None) -> bytes:
    """Return a spectrum as a file in the SPE form, its energies as two coefficients."""
    calibration = ""
    if spectrum.energy_kev is not None:
        offset, step = float(spectrum.energy_kev[0]), float(np.diff(spectrum.energy_kev)[0])
        calibration = f"2\n{offset:.9g} {step:.9g} keV"
    moment = at or spectrum.started_at
    assert moment is not None
    return spe(
        [float(count) for count in spectrum.counts],
        title=title,
        date=f"{moment:%m/%d/%Y %H:%M:%S}",
        times=f"{spectrum.live_s:g} {spectrum.real_s:g}",
        calibration=calibration,
    )


def n42_of_2011(
    data: str,
    *,
    compression: str = "CountedZeroes",
    coefficients: str = "0.5 0.25 0",
    more: str = "",
    kind: str = "Foreground",
) -> bytes:
    """Return a file after ANSI N42.42-2011."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<RadInstrumentData xmlns="http://physics.nist.gov/N42/2011/N42">
  <RadInstrumentInformation id="i">
    <RadInstrumentManufacturerName>Maker</RadInstrumentManufacturerName>
    <RadInstrumentIdentifier>SN-7</RadInstrumentIdentifier>
    <RadInstrumentModelName>Bed</RadInstrumentModelName>
  </RadInstrumentInformation>
  <EnergyCalibration id="e1"><CoefficientValues>{coefficients}</CoefficientValues></EnergyCalibration>
  <EnergyCalibration id="e2"><CoefficientValues>0 9 0</CoefficientValues></EnergyCalibration>
  <RadMeasurement id="m1">
    <MeasurementClassCode>{kind}</MeasurementClassCode>
    <StartDateTime>2026-03-02T08:00:00+01:00</StartDateTime>
    <RealTimeDuration>PT1M50S</RealTimeDuration>
    <Spectrum id="s1" radDetectorInformationReference="d" energyCalibrationReference="e1">
      <LiveTimeDuration>PT100.5S</LiveTimeDuration>
      <ChannelData compressionCode="{compression}">{data}</ChannelData>
    </Spectrum>
  </RadMeasurement>{more}
</RadInstrumentData>""".encode()


MORE_2011 = """
  <RadMeasurement id="m{n}">
    <MeasurementClassCode>{kind}</MeasurementClassCode>
    <RealTimeDuration>PT600S</RealTimeDuration>
    <Spectrum id="s{n}"><LiveTimeDuration>PT600S</LiveTimeDuration>
      <ChannelData>9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9</ChannelData></Spectrum>
  </RadMeasurement>"""
"""One more measurement, its number and class to be filled in."""


def n42_of_2006(data: str, *, unit: str = "keV", coefficients: str = "0.5 0.25 0") -> bytes:
    """Return a file after ANSI N42.42-2006."""
    return f"""<?xml version="1.0"?>
<N42InstrumentData xmlns="http://physics.nist.gov/Divisions/Div846/Gp4/ANSIN4242/2005/ANSIN4242">
  <Measurement>
    <Spectrum Type="PHA" ID="item">
      <StartTime>2026-03-02T08:00:00</StartTime>
      <RealTime>PT110S</RealTime><LiveTime>PT0H1M40.5S</LiveTime>
      <SourceType>Item</SourceType>
      <Calibration Type="Energy" EnergyUnits="{unit}">
        <Equation Model="Polynomial"><Coefficients>{coefficients}</Coefficients></Equation>
      </Calibration>
      <ChannelData>{data}</ChannelData>
    </Spectrum>
    <Spectrum Type="PHA" ID="bkg">
      <RealTime>PT600S</RealTime><LiveTime>PT600S</LiveTime><SourceType>Background</SourceType>
      <ChannelData>1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1</ChannelData>
    </Spectrum>
  </Measurement>
</N42InstrumentData>""".encode()
