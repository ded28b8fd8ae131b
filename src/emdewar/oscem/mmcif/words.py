"""PDBx's words for what vendors, OSC-EM and people write in their own.

A key is what was written in lower case without blanks and punctuation. Only what means one thing is listed; the rest is
a question to a person.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

MICROSCOPES: Final = {
    "titankrios": "FEI TITAN KRIOS",
    "krios": "TFS KRIOS",
    "kriosg3i": "TFS KRIOS",
    "kriosg4": "TFS KRIOS",
    "titankriosg3i": "TFS KRIOS",
    "titankriosg4": "TFS KRIOS",
    "thermofisherkrios": "TFS KRIOS",
    "glacios": "TFS GLACIOS",
    "glacios2": "TFS GLACIOS",
    "tundra": "TFS TUNDRA",
    "talosarctica": "FEI TALOS ARCTICA",
    "talosf200c": "TFS TALOS F200C",
    "talosl120c": "TFS TALOS L120C",
    "tecnaispirit": "FEI TECNAI SPIRIT",
    "polara": "FEI POLARA 300",
    "tecnaipolara": "FEI POLARA 300",
    "titanthemis": "TFS TITAN THEMIS",
    "cryoarm200": "JEOL CRYO ARM 200",
    "cryoarm300": "JEOL CRYO ARM 300",
    "jeolcryoarm300": "JEOL CRYO ARM 300",
}
DETECTORS: Final = {
    "falcon4i": "TFS FALCON 4i (4k x 4k)",
    "falconc": "TFS FALCON C (2k x 2k)",
    "falcon4": "FEI FALCON IV (4k x 4k)",
    "falconiv": "FEI FALCON IV (4k x 4k)",
    "falcon3": "FEI FALCON III (4k x 4k)",
    "falcon3ec": "FEI FALCON III (4k x 4k)",
    "falconiii": "FEI FALCON III (4k x 4k)",
    "falconii": "FEI FALCON II (4k x 4k)",
    "ceta": "FEI CETA (4k x 4k)",
    "k3": "GATAN K3 (6k x 4k)",
    "gatank3": "GATAN K3 (6k x 4k)",
    "bioquantumk3": "GATAN K3 BIOQUANTUM (6k x 4k)",
    "k3bioquantum": "GATAN K3 BIOQUANTUM (6k x 4k)",
    "biocontinuumk3": "GATAN K3 BIOCONTINUUM (6k x 4k)",
    "k3biocontinuum": "GATAN K3 BIOCONTINUUM (6k x 4k)",
    "k2summit": "GATAN K2 SUMMIT (4k x 4k)",
    "k2": "GATAN K2 (4k x 4k)",
    "oneview": "GATAN ONEVIEW (4k x 4k)",
    "rio16": "GATAN RIO16 (4k x 4k)",
    "alpine": "GATAN ALPINE (2.3k x 3.2k)",
    "tvipsf416": "TVIPS TEMCAM-F416 (4k x 4k)",
}
DETECTOR_MODES: Final = {
    "electroncounting": "COUNTING",
    "counted": "COUNTING",
    "superres": "SUPER-RESOLUTION",
    "superresolution": "SUPER-RESOLUTION",
    "linear": "INTEGRATING",
    "integration": "INTEGRATING",
}
ILLUMINATIONS: Final = {"parallel": "FLOOD BEAM", "probe": "SPOT SCAN"}
IMAGING_MODES: Final = {
    "brightfield": "BRIGHT FIELD",
    "darkfield": "DARK FIELD",
    "haadf": "DARK FIELD",
    "adf": "DARK FIELD",
    "4dstem": "4D-STEM",
}
ELECTRON_SOURCES: Final = {
    "feg": "FIELD EMISSION GUN",
    "xfeg": "FIELD EMISSION GUN",
    "sfeg": "FIELD EMISSION GUN",
    "cfeg": "FIELD EMISSION GUN",
    "efeg": "FIELD EMISSION GUN",
    "fieldemission": "FIELD EMISSION GUN",
    "coldfeg": "FIELD EMISSION GUN",
    "tungsten": "TUNGSTEN HAIRPIN",
}
ENERGY_FILTERS: Final = {
    "selectris": "TFS Selectris",
    "selectrisx": "TFS Selectris X",
    "bioquantum": "GIF Bioquantum",
    "gatanbioquantum": "GIF Bioquantum",
    "biocontinuum": "BIOCONTINUUM",
    "cefid": "CEOS CEFID",
    "omegafilter": "In-column Omega Filter",
    "omega": "In-column Omega Filter",
}
PHASE_PLATES: Final = {"volta": "VOLTA PHASE PLATE", "vpp": "VOLTA PHASE PLATE", "zernike": "ZERNIKE PHASE PLATE"}
HOLDERS: Final = {"kriosautogrid": "FEI TITAN KRIOS AUTOGRID HOLDER"}
CRYOGENS: Final = {
    "ln2": "NITROGEN",
    "liquidnitrogen": "NITROGEN",
    "n2": "NITROGEN",
    "liquidhelium": "HELIUM",
    "liquidethane": "ETHANE",
    "liquidpropane": "PROPANE",
    "propaneethane": "ETHANE-PROPANE",
    "ethanepropanemixture": "ETHANE-PROPANE",
}
SOFTWARE: Final = {
    "tomography": "FEI tomography",
    "tomo5": "FEI tomography",
    "tomo": "FEI tomography",
    "tomography5": "FEI tomography",
    "thermofishertomography": "FEI tomography",
    "epud": "EPU-D",
}
GRID_MATERIALS: Final = {
    "cu": "COPPER",
    "curh": "COPPER/RHODIUM",
    "cupd": "COPPER/PALLADIUM",
    "au": "GOLD",
    "ni": "NICKEL",
    "niti": "NICKEL/TITANIUM",
    "pt": "PLATINUM",
    "mo": "MOLYBDENUM",
    "ti": "TITANIUM",
    "w": "TUNGSTEN",
    "sin": "SILICON NITRIDE",
    "sinx": "SILICON NITRIDE",
}
FILM_MATERIALS: Final = {
    "c": "CARBON",
    "amorphouscarbon": "CARBON",
    "au": "GOLD",
    "sio2": "SILICON DIOXIDE",
    "niti": "NICKEL TITANIUM",
}
FILM_TOPOLOGIES: Final = {"holeyarray": "HOLEY ARRAY", "regularholes": "HOLEY ARRAY"}
PRETREATMENTS: Final = {
    "glowdischarged": "GLOW DISCHARGE",
    "glowdischarging": "GLOW DISCHARGE",
    "plasma": "PLASMA CLEANING",
    "plasmacleaned": "PLASMA CLEANING",
}
POLYMERS: Final = {
    "polypeptide": "polypeptide(L)",
    "protein": "polypeptide(L)",
    "peptide": "polypeptide(L)",
    "rna": "polyribonucleotide",
    "dna": "polydeoxyribonucleotide",
    "dnarnahybrid": "polydeoxyribonucleotide/polyribonucleotide hybrid",
}
SOURCES: Final = {
    "recombinantlyexpressed": "RECOMBINANT",
    "recombinantexpression": "RECOMBINANT",
    "naturalhost": "NATURAL",
    "naturalsource": "NATURAL",
    "native": "NATURAL",
    "endogenous": "NATURAL",
    "synthesized": "SYNTHETIC",
}
METHODS: Final = {
    "spa": "SINGLE PARTICLE",
    "subtomo": "SUBTOMOGRAM AVERAGING",
    "cellulartomo": "TOMOGRAPHY",
    "envtomo": "TOMOGRAPHY",
}
DEPOSITION_METHODS: Final = {
    "spa": "Single particle",
    "subtomo": "Subtomogram averaging",
    "cellulartomo": "Tomography",
    "envtomo": "Tomography",
}
ROLES: Final = {
    "principalinvestigator": "principal investigator/group leader",
    "pi": "principal investigator/group leader",
    "groupleader": "principal investigator/group leader",
    "researcher": "investigator",
}
ORGANIZATIONS: Final = {"governmental": "government", "industry": "commercial", "university": "academic"}
COUNTRIES: Final = {
    "usa": "United States",
    "us": "United States",
    "unitedstatesofamerica": "United States",
    "uk": "United Kingdom",
    "greatbritain": "United Kingdom",
    "gb": "United Kingdom",
    "southkorea": "Korea, Republic Of",
    "republicofkorea": "Korea, Republic Of",
    "korea": "Korea, Republic Of",
    "russia": "Russian Federation",
    "czechia": "Czech Republic",
    "thenetherlands": "Netherlands",
    "vietnam": "Viet Nam",
    "turkiye": "Turkey",
    "iran": "Iran, Islamic Republic Of",
    "schweiz": "Switzerland",
    "suisse": "Switzerland",
    "ch": "Switzerland",
    "deutschland": "Germany",
    "de": "Germany",
    "fr": "France",
}
FUNDERS: Final = {
    "snf": "Swiss National Science Foundation",
    "snsf": "Swiss National Science Foundation",
    "sbfi": "Swiss State Secretariat for Education, Research and Innovation",
    "sefri": "Swiss State Secretariat for Education, Research and Innovation",
    "deutscheforschungsgemeinschaft": "German Research Foundation (DFG)",
    "nsfc": "National Natural Science Foundation of China (NSFC)",
    "wellcometrust": "Wellcome Trust",
    "wellcome": "Wellcome Trust",
}

NOTHING: Final = frozenset({"", "none", "na", "unknown", "notapplicable"})
"""What people write where there is nothing to say."""

_BRACKETS: Final = re.compile(r"(?P<name>.*\S)\s*\((?P<short>[^()]+)\)")


def key_of(text: str) -> str:
    """Give what two spellings of one word share."""
    return "".join(char for char in text.casefold() if char.isalnum())


def matched(text: str, allowed: Iterable[str], words: Mapping[str, str]) -> str | None:
    """Give the dictionary's word for a text: the same, one that is spelled otherwise, or one that is listed here."""
    key = key_of(text)
    spelled = {key_of(word): word for word in allowed}
    return spelled.get(key) or words.get(key) or _short_names(spelled.values()).get(key)


def _short_names(allowed: Iterable[str]) -> dict[str, str]:
    """Give `X (DFG)` for `X` and for `DFG`, where no other word has the name."""
    found: dict[str, set[str]] = {}
    for word in allowed:
        if parts := _BRACKETS.fullmatch(word):
            names = (parts["name"], parts["short"]) if parts["short"].isalpha() else (parts["name"],)
            for name in names:
                found.setdefault(key_of(name), set()).add(word)
    return {key: words.pop() for key, words in found.items() if len(words) == 1}
