"""The files in deploy/ can be read, and speak of settings, commands and limits that exist."""

import configparser
import re
from pathlib import Path

import pytest
import yaml

from panewall_server import cli
from panewall_server.conf import Config, Limits

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
SETTINGS = {f"PANEWALL_{name.upper()}" for name in Config.model_fields}


@pytest.fixture
def compose() -> dict:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


def test_the_cluster_is_whole(compose: dict):
    services = compose["services"]
    assert set(services) == {"nginx", "server", "worker", "beat", "postgres", "redis", "minio"}
    for service in services.values():
        assert set(service.get("depends_on", {})) <= set(services)
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in compose["volumes"] or (DEPLOY / source).is_file(), volume
    for name in ("server", "worker", "beat"):
        assert services[name]["command"][0] in {"serve", "worker", "beat"} & cli.OURS
    dockerfile = DEPLOY.parent / services["server"]["build"]["dockerfile"]
    assert dockerfile.is_file()


def test_every_setting_exists_and_every_variable_is_explained(compose: dict):
    given = {name for name in compose["services"]["server"]["environment"] if name.startswith("PANEWALL_")}
    assert given <= SETTINGS
    example = (DEPLOY / "env.example").read_text()
    asked = set(re.findall(r"\$\{(\w+)", (DEPLOY / "compose.yaml").read_text()))
    assert asked == set(re.findall(r"^#?([A-Z_]+)=", example, re.MULTILINE))


def test_the_proxy_lets_through_what_the_server_takes():
    text = (DEPLOY / "nginx.conf").read_text()
    plain = re.sub(r"#.*", "", text)
    assert plain.count("{") == plain.count("}")
    assert re.findall(r"client_max_body_size (\d+)m;", plain) == [str(Limits().body_bytes // 2**20)]
    for header in (
        "Host",
        "Upgrade",
        "Connection",
        "X-Forwarded-For",
        "X-Forwarded-Proto",
        "X-Forwarded-Host",
    ):
        assert f"proxy_set_header {header} " in plain


def test_the_service_starts_a_server_that_may_write_its_folder():
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[method-assign,assignment]
    unit.read(DEPLOY / "panewall.service")
    service = unit["Service"]
    assert service["ExecStart"].endswith("panewall-server serve")
    assert service["StateDirectory"] == "panewall"
    lines = (DEPLOY / "panewall.service").read_text()
    assert "Environment=PANEWALL_DATA_DIR=/var/lib/panewall\n" in lines


def test_the_image_installs_what_a_cluster_needs():
    text = (DEPLOY / "Dockerfile").read_text()
    assert "panewall-server[postgres,uvicorn,s3]" in text
    assert 'ENTRYPOINT ["panewall-server"]' in text
