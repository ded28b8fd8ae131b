"""Text as CIF can carry it: ASCII, in one line or several."""
# ruff: noqa: RUF001 - letters that look like others are what this is about

import unicodedata
from typing import Final

_LETTERS: Final = str.maketrans(
    {
        "ß": "ss", "ø": "o", "Ø": "O", "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "đ": "d", "Đ": "D", "ł": "l",
        "Ł": "L", "ı": "i", "þ": "th", "Þ": "Th", "ð": "d", "Ð": "D", "µ": "u", "μ": "u", "Å": "A", "°": " degrees",
        "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "κ": "kappa", "λ": "lambda",
        "ω": "omega", "Ω": "Omega", "×": "x", "±": "+/-", "²": "2", "³": "3", "⁻": "-", "−": "-", "‐": "-", "‑": "-",
        "–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "…": "...",
        "Α": "Alpha", "Β": "Beta", "Γ": "Gamma", "Δ": "Delta", "ζ": "zeta", "η": "eta", "θ": "theta", "Θ": "Theta",
        "ι": "iota", "Λ": "Lambda", "ν": "nu", "ξ": "xi", "π": "pi", "Π": "Pi", "ρ": "rho", "σ": "sigma",
        "ς": "sigma", "Σ": "Sigma", "τ": "tau", "υ": "upsilon", "φ": "phi", "ϕ": "phi", "Φ": "Phi", "χ": "chi",
        "ψ": "psi", "Ψ": "Psi", "′": "'", "″": '"', "⁄": "/", "≤": "<=", "≥": ">=", "≈": "~", "∼": "~", "·": ".",
        "•": "-", "→": "->", "®": "(R)", "©": "(C)", "™": "(TM)", "∆": "Delta", "\u200b": None, "\u200c": None,
        "\u200d": None, "\ufeff": None, "\u00ad": None, "\u2028": "\n", "\u2029": "\n",
    }
)  # fmt: skip
"""What Unicode's own decomposition does not bring to ASCII."""

_KEPT: Final = frozenset(chr(code) for code in range(32, 127)) | {"\n", "\t"}


def plain_text(text: str) -> str | None:
    """Give a text in ASCII, or None where nothing that means the same can be written.

    Accents go, as in all wwPDB files: `Müller` becomes `Muller`. Lines never begin with the semicolon that would end
    the text, and have no blanks behind.
    """
    spelled = unicodedata.normalize("NFKD", text.translate(_LETTERS)).translate(_LETTERS)
    kept = "".join(char for char in spelled if not unicodedata.combining(char))
    kept = kept.replace("\r\n", "\n").replace("\r", "\n")
    if not _KEPT.issuperset(kept):
        return None
    lines = [f" {line}" if line.startswith(";") else line for line in map(str.rstrip, kept.strip().split("\n"))]
    return "\n".join(lines)


def one_line(text: str) -> str | None:
    """Give a text in ASCII in one line, with single blanks."""
    plain = plain_text(text)
    return None if plain is None else " ".join(plain.split())
