"""OSC-EM `processing`: what became of the data; only the module for single particles (`spa`) has it."""

from typing import Any

from emdewar.oscem.slots import QuantityValue, Slot


class Descriptor(Slot):
    """Anything else, by name."""

    descriptor_name: str | None = None
    descriptor_thing: Any = None


class Described(Slot):
    """A step with descriptors of its own."""

    descriptors: tuple[Descriptor, ...] | None = None


class Movies(Described):
    """The movies that went in."""

    dose_per_image: QuantityValue | None = None
    initial_dose: QuantityValue | None = None
    gain_image: str | None = None
    dark_image: str | None = None


class Micrographs(Described):
    """The micrographs that were made of them."""

    number_micrographs: float | None = None


class Defocus(Slot):
    """Defocus as estimated."""

    output_min_defocus: QuantityValue | None = None
    output_max_defocus: QuantityValue | None = None
    output_avg_defocus: QuantityValue | None = None
    defocus_histogram: str | None = None
    defocus_micrograph_examples: str | None = None


class Resolution(Slot):
    """Resolution as estimated."""

    output_min_resolution: QuantityValue | None = None
    output_max_resolution: QuantityValue | None = None
    output_avg_resolution: QuantityValue | None = None
    resolution_histogram: str | None = None


class Astigmatism(Slot):
    """Astigmatism as estimated."""

    astigmatism_histogram: str | None = None


class CTFs(Described):
    """Contrast transfer functions."""

    amplitude_contrast: float | None = None
    defocus: Defocus | None = None
    resolution: Resolution | None = None
    astigmatism: Astigmatism | None = None


class Coordinates(Described):
    """Particles that were picked."""

    number_particles: int | None = None
    num_source_micrographs: int | None = None
    particles_per_micrograph: float | None = None
    particles_histogram: str | None = None
    micrograph_examples: str | None = None


class OrthogonalSlices(Slot):
    """Pictures of slices."""

    orthogonal_slices_X: str | None = None  # noqa: N815 - the schema's name
    orthogonal_slices_Y: str | None = None  # noqa: N815 - the schema's name
    orthogonal_slices_Z: str | None = None  # noqa: N815 - the schema's name


class IsosurfaceImages(Slot):
    """Pictures of a surface."""

    front_view: str | None = None
    side_view: str | None = None
    top_view: str | None = None


class VolumeImages(Slot):
    """Pictures of a volume."""

    orthogonal_slices: OrthogonalSlices | None = None
    isosurface_images: IsosurfaceImages | None = None


class Classes2D(Described):
    """Classes of particle images."""

    particles_per_2Dclass: tuple[int, ...] | None = None  # noqa: N815 - the schema's name
    resolution_classes_2D: QuantityValue | None = None  # noqa: N815 - the schema's name
    images_classes_2D: str | None = None  # noqa: N815 - the schema's name


class Classes3D(Described):
    """Classes of volumes."""

    particles_per_3Dclass: tuple[int, ...] | None = None  # noqa: N815 - the schema's name
    resolution_classes_3D: QuantityValue | None = None  # noqa: N815 - the schema's name
    images_classes_3D: str | None = None  # noqa: N815 - the schema's name
    volume: tuple[VolumeImages, ...] | None = None


class Volumes(Described, VolumeImages):
    """A volume."""

    volume_type: str | None = None
    size: tuple[int, ...] | None = None
    vol_number_particles: int | None = None
    vol_resolution: QuantityValue | None = None


class Processing(Slot):
    """What became of the data."""

    movies: Movies | None = None
    micrographs: Micrographs | None = None
    ctfs: CTFs | None = None
    coordinates: Coordinates | None = None
    classes2D: Classes2D | None = None  # noqa: N815 - the schema's name
    classes3D: Classes3D | None = None  # noqa: N815 - the schema's name
    volumes: tuple[Volumes, ...] | None = None
