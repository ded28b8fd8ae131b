"""Small files of formats of which no free sample exists, written from their descriptions; other programs judge them."""

import json
import os
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

Group = Mapping[str, Any] | list[Any]

_INTEGER, _REAL, _BOOLEAN, _ARRAY, _STRUCT = 3, 7, 8, 20, 15


class GatanWriter:
    """Writes DM3 or DM4: a dict is a named group, a list a group without names, bytes the pixels of an image."""

    def __init__(self, version: int = 3, *, is_little_endian: bool = True) -> None:
        self._version = version
        self._little = is_little_endian
        self._order = "<" if is_little_endian else ">"

    def file(self, tags: Group) -> bytes:
        """Give the bytes of a whole file."""
        body = self._group(tags)
        head = struct.pack(">i", self._version) + self._word(len(body)) + struct.pack(">i", int(self._little))
        return head + body + bytes(8)

    def _word(self, *values: int) -> bytes:
        return struct.pack(f">{len(values)}{'q' if self._version == 4 else 'i'}", *values)

    def _group(self, tags: Group) -> bytes:
        named = list(tags.items()) if isinstance(tags, Mapping) else [("", value) for value in tags]
        return b"\1\0" + self._word(len(named)) + b"".join(self._tag(name, value) for name, value in named)

    def _tag(self, name: str, value: object) -> bytes:
        is_group = isinstance(value, (Mapping, list))
        body = self._group(value) if isinstance(value, (Mapping, list)) else self._value(value)
        text = name.encode("latin-1")
        length = struct.pack(">q", len(body)) if self._version == 4 else b""
        return struct.pack(">BH", 20 if is_group else 21, len(text)) + text + length + body

    def _value(self, value: object) -> bytes:
        if isinstance(value, bool):
            return self._data([_BOOLEAN], struct.pack("?", value))
        if isinstance(value, int):
            return self._data([_INTEGER], struct.pack(f"{self._order}i", value))
        if isinstance(value, float):
            return self._data([_REAL], struct.pack(f"{self._order}d", value))
        if isinstance(value, tuple):
            fields = [number for _ in value for number in (0, 6)]
            return self._data([_STRUCT, 0, len(value), *fields], struct.pack(f"{self._order}{len(value)}f", *value))
        if isinstance(value, bytes):
            return self._data([_ARRAY, 4, len(value) // 2], value)
        text = str(value).encode("utf-16-le" if self._little else "utf-16-be")
        return self._data([_ARRAY, 4, len(text) // 2], text)

    def _data(self, info: list[int], body: bytes) -> bytes:
        return b"%%%%" + self._word(len(info), *info) + body


def gatan_tags(width: int = 30, height: int = 20, frames: int = 1) -> dict[str, Any]:
    """Give the tags of a K3 image as GMS 3 writes them, cut down to what matters, with a thumbnail before it."""
    pixels = np.arange(width * height * frames, dtype="<u2").tobytes()
    dimensions = [width, height] if frames == 1 else [width, height, frames]
    scale = {"Origin": 0.0, "Scale": 0.083, "Units": "nm"}
    image = {
        "ImageData": {
            "Calibrations": {
                "Brightness": {"Origin": 0.0, "Scale": 1.0, "Units": ""},
                "Dimension": [scale] * len(dimensions),
            },
            "Data": pixels,
            "DataType": 10,
            "Dimensions": dimensions,
            "PixelDepth": 2,
        },
        "ImageTags": {
            "Acquisition": {
                "Device": {"Name": "K3-17053045"},
                "Parameters": {
                    "High Level": {"Binning": (1.0, 1.0), "Exposure (s)": 2.5, "Processing": "Gain normalized"}
                },
            },
            "DataBar": {"Acquisition Date": "3/14/2024", "Acquisition Time": "10:09:08 AM", "Exposure Time (s)": 2.5},
            "GMS Version": {"Created": "3.60.4441.0"},
            "Microscope Info": {
                "Voltage": 300000.0,
                "Indicated Magnification": 105000.0,
                "Actual Magnification": 0.0,
                "Cs(mm)": 2.7,
                "Microscope": "FEI Titan Remote",
                "Imaging Mode": "EFTEM",
                "Operation Mode": "IMAGING",
                "Illumination Mode": "TEM",
            },
        },
        "Name": "Gain reference",
    }
    thumbnail = {
        "ImageData": {
            "Calibrations": {"Dimension": [scale, scale]},
            "Data": bytes(16),
            "DataType": 23,
            "Dimensions": [2, 2],
            "PixelDepth": 4,
        },
        "ImageTags": {},
        "Name": "",
    }
    return {"InImageMode": 1, "ImageList": [thumbnail, image], "Thumbnails": [{"ImageIndex": 0}]}


def gatan_file(version: int = 3, *, is_little_endian: bool = True, frames: int = 1) -> bytes:
    """Give a DM3 or DM4 file of 30 x 20 pixels."""
    return GatanWriter(version, is_little_endian=is_little_endian).file(gatan_tags(frames=frames))


VELOX_METADATA = {
    "Core": {"MetadataDefinitionVersion": "7.9", "MetadataSchemaVersion": "v1/2013/07"},
    "Instrument": {"InstrumentClass": "Titan", "InstrumentModel": "Spectra 200 S/TEM", "ComputerName": "TEM-PC"},
    "Acquisition": {"AcquisitionStartDatetime": {"DateTime": "1687510131"}, "SourceType": "XFEG"},
    "Optics": {"AccelerationVoltage": "200000", "SpotIndex": "6", "CameraLength": "0.098"},
    "Stage": {"AlphaTilt": "0.01", "BetaTilt": "0", "Position": {"x": "1e-05", "y": "-2e-05", "z": "0"}},
    "Scan": {"FrameTime": "6.1", "DwellTime": "1e-05"},
    "Detectors": {"Detector-4": {"DetectorName": "HAADF", "DetectorType": "ScanningDetector", "Gain": "50"}},
    "BinaryResult": {
        "DetectorIndex": "4",
        "Detector": "HAADF",
        "PixelSize": {"width": "3.2e-09", "height": "3.2e-09"},
        "Offset": {"x": "0", "y": "0"},
        "PixelUnitX": "m",
        "PixelUnitY": "m",
    },
    "Sample": "",
    "GasInjectionSystems": "",
    "CustomProperties": {"StemMagnification": {"type": "double", "value": "320000"}},
}
"""Cut down from the metadata of a real Velox file."""


def write_velox(path: Path, metadata: Mapping[str, Any] | None = None) -> None:
    """Write an `.emd` as Velox lays it out, with one image."""
    import h5py  # noqa: PLC0415 - an optional extra

    text = json.dumps(metadata or VELOX_METADATA).encode().ljust(8000, b"\0")
    name = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
    with h5py.File(path, "w") as file:
        file["Version"] = np.array([json.dumps({"format": "Velox", "version": "1.11"}).encode()], dtype=object)
        image = file.create_group(f"Data/Image/{name}")
        pixels = np.arange(16 * 12, dtype=np.uint16).reshape(12, 16, 1)
        image.create_dataset("Data", data=pixels, chunks=(12, 16, 1))
        image["Metadata"] = np.frombuffer(text, dtype=np.uint8).reshape(-1, 1)
        for part in ("Displays/ImageDisplay", "Operations", "SharedProperties", "Features", "Info", "Presentation"):
            file.create_group(part)


def write_prz(path: Path) -> None:
    """Write a `.prz` as Panta Rhei lays it out, with its metadata as JSON."""
    metadata = {
        "type": "Camera",
        "source": "STEM",
        "title": "HAADF",
        "acquisition": {"date": "2021-06-09"},
        "electron_gun": {"voltage": 200000.0},
        "camera": {"exposure_time": 0.099, "name": "ELA"},
        "device": {"calib": [{"unit": "m", "scale": 1.6e-08, "offset": 0.0, "name": "Length"}] * 2},
        "content.types": ["ScanY", "ScanX"],
        "ref_size": [12, 16],
    }
    with path.open("wb") as file:
        np.savez(
            file,
            data=np.zeros((12, 16), dtype=np.float32),
            meta_data_json=np.array(json.dumps([metadata])),
            file_format_version=2,
        )


def mrc_file(  # noqa: PLR0913 - an MRC header has many fields
    size: tuple[int, int, int] = (8, 6, 2),
    mode: int = 1,
    *,
    order: str = "<",
    stamp: bytes | None = None,
    kind: bytes = b"",
    per_section: tuple[int, int] = (0, 0),
    extended: bytes = b"",
    imod_flags: int | None = None,
    titles: tuple[str, ...] = (),
    cell_a: float = 16.0,
) -> bytes:
    """Give an MRC file with any header, pixels all zero."""
    header = bytearray(1024)
    nx, ny, nz = size
    struct.pack_into(f"{order}4i", header, 0, nx, ny, nz, mode)
    struct.pack_into(f"{order}3i3f", header, 28, nx, ny, nz, cell_a, cell_a, cell_a)
    struct.pack_into(f"{order}3i", header, 64, 1, 2, 3)
    struct.pack_into(f"{order}i", header, 92, len(extended))
    header[104 : 104 + len(kind)] = kind
    struct.pack_into(f"{order}2h", header, 128, *per_section)
    if imod_flags is not None:
        struct.pack_into(f"{order}2i", header, 152, 1146047817, imod_flags)
    header[208:212] = b"MAP "
    header[212:214] = stamp if stamp is not None else {"<": b"DD", ">": b"\x11\x11"}[order]
    struct.pack_into(f"{order}i", header, 220, len(titles))
    for index, title in enumerate(titles):
        header[224 + 80 * index : 224 + 80 * (index + 1)] = title.encode().ljust(80)
    bits = {0: 8, 1: 16, 2: 32, 3: 32, 4: 64, 6: 16, 12: 16, 16: 24, 101: 4}[mode]
    return bytes(header) + extended + bytes((nx * bits + 7) // 8 * ny * nz)


def sparse(path: Path, head: bytes, size: int) -> None:
    """Write a file that claims many bytes and takes none on the disk."""
    with path.open("wb") as file:
        file.write(head)
        os.truncate(file.fileno(), size)
