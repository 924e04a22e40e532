"""What the image is made of, as SPDX 2.3 JSON: every Debian package as dpkg knows it, and every wheel of a role with its hash."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from deploy.image.recipe import Recipe
from deploy.wheel import read, sha256

_ID = re.compile(r"[^A-Za-z0-9.-]")
_FIELD = re.compile(r"^([A-Za-z-]+): (.*)$", re.MULTILINE)
_UNKNOWN = "NOASSERTION"


def sbom(recipe: Recipe, dpkg_status: str, wheels: Path | None) -> bytes:
    """The document; the same image gives the same bytes."""
    packages = [*_debs(dpkg_status, recipe), *(_wheels(wheels) if wheels is not None else ())]
    name = f"hallfleet-image-{recipe.suite}-{recipe.architecture}"
    content = msgspec.json.encode(packages)
    document = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": name,
        "documentNamespace": f"https://hallfleet.internal/sbom/{name}-{hashlib.sha256(content).hexdigest()[:32]}",
        "creationInfo": {
            "created": f"{datetime.fromtimestamp(recipe.epoch, UTC):%Y-%m-%dT%H:%M:%SZ}",
            "creators": ["Tool: hallfleet-image"],
        },
        "packages": packages,
        "relationships": [
            {
                "spdxElementId": "SPDXRef-DOCUMENT",
                "relationshipType": "DESCRIBES",
                "relatedSpdxElement": package["SPDXID"],
            }
            for package in packages
        ],
    }
    return msgspec.json.format(msgspec.json.encode(document)) + b"\n"


def _debs(status: str, recipe: Recipe) -> Iterable[dict[str, Any]]:
    for block in sorted(status.split("\n\n")):
        fields: dict[str, str] = dict(_FIELD.findall(block))
        if not fields.get("Status", "").endswith(" installed"):
            continue
        name, version, arch = fields["Package"], fields["Version"], fields["Architecture"]
        source = fields.get("Source", name).split(" ")[0]
        place = f"pkg:deb/debian/{quote(name)}@{quote(version, safe='')}?arch={arch}&distro={recipe.suite}"
        yield _package("deb", name, version, place) | {
            "supplier": "Organization: Debian",
            "sourceInfo": f"built from the Debian source package {source}",
        }


def _wheels(folder: Path) -> Iterable[dict[str, Any]]:
    for file in sorted(folder.glob("*.whl")):
        wheel = read(file)
        yield _package(
            "pypi", wheel.name, wheel.version, f"pkg:pypi/{quote(wheel.name)}@{quote(wheel.version, safe='')}"
        ) | {
            "packageFileName": file.name,
            "checksums": [{"algorithm": "SHA256", "checksumValue": sha256(file)}],
        }


def _package(kind: str, name: str, version: str, place: str) -> dict[str, Any]:
    return {
        "SPDXID": f"SPDXRef-{kind}-{_ID.sub('-', f'{name}-{version}')}",
        "name": name,
        "versionInfo": version,
        "downloadLocation": _UNKNOWN,
        "filesAnalyzed": False,
        "licenseConcluded": _UNKNOWN,
        "licenseDeclared": _UNKNOWN,
        "copyrightText": _UNKNOWN,
        "externalRefs": [
            {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": place}
        ],
    }
