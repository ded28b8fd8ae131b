"""What SciCat's frontend is told: from the site's files, or the little that follows from the catalog's own settings."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalog_api.settings import Settings
from emdewar.errors import RefusedError


@dataclass(frozen=True)
class Frontend:
    """Settings and theme of the frontend."""

    config: dict[str, Any]
    theme: dict[str, Any]

    @classmethod
    def read(cls, settings: Settings) -> "Frontend":
        """Read the files that the site names.

        Raises:
            RefusedError: One of them cannot be used.
        """
        config, theme = _read(settings.frontend_config_file), _read(settings.frontend_theme_file)
        return cls(_default_config(settings) if config is None else config, _DEFAULT_THEME if theme is None else theme)


_DEFAULT_THEME: dict[str, Any] = {"name": "light", "properties": {}}


def _default_config(settings: Settings) -> dict[str, Any]:
    config: dict[str, Any] = {
        "facility": settings.facility,
        "siteTitle": settings.facility,
        "accessTokenPrefix": "Bearer ",
        "loginLocalEnabled": True,
        "loginFacilityEnabled": False,
        "loginLdapEnabled": False,
        "jobsEnabled": True,
        "archiveWorkflowEnabled": True,
        "maxDirectDownloadSize": 0,
    }
    if settings.oidc_callback_url:
        config["oAuth2Endpoints"] = [{"displayText": settings.facility, "authURL": "api/v3/auth/oidc"}]
    return config


def _read(path: Path | None) -> dict[str, Any] | None:
    if path is None:
        return None
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise RefusedError(f"the frontend's file {path} cannot be used: {error}; mend it and start again") from error
    if not isinstance(content, dict):
        raise RefusedError(f"the frontend's file {path} cannot be used: it is no JSON object; mend it and start again")
    return content
