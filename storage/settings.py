"""Settings of a deployment: ``fieldmark.toml`` in the working directory, or the file that ``FIELDMARK_CONFIG`` names."""

import os
import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from storage.core import Refused

_DEFAULT = Path("fieldmark.toml")


def _check_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("it is the address of the dashboard, such as https://fieldmark.example.org, without a path")
    return text.rstrip("/")


def _one_or_several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


class _Section(BaseModel):
    """A misspelt setting is a mistake and not silence."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class ServerSettings(_Section):
    """``[server]``: the address that people open, where that is not the one the dashboard listens on."""

    url: Annotated[str, AfterValidator(_check_url)] | None = None

    @property
    def host(self) -> str | None:
        """The host name in the address, without port."""
        return urlsplit(self.url).hostname if self.url else None

    @property
    def is_https(self) -> bool:
        """Whether browsers come by https, so that cookies may be kept to it."""
        return bool(self.url and self.url.startswith("https:"))


class SignInSettings(_Section):
    """``[sign_in]``: when a session ends by itself."""

    idle_hours: Annotated[float, Field(gt=0)] = 12
    absolute_days: Annotated[float, Field(gt=0)] = 7


class OidcSettings(_Section):
    """``[oidc]``: an identity provider, and which roles the values of a claim give."""

    issuer: Annotated[str, AfterValidator(lambda text: text.rstrip("/"))]
    client_id: str
    client_secret: Annotated[str, Field(repr=False)]
    name: str = "OpenID Connect"  # as the button says it
    claim: str = "groups"
    # By a value of the claim: names of roles. Empty: roles are given by the administrators here.
    roles: dict[str, Annotated[tuple[str, ...], BeforeValidator(_one_or_several)]] = {}


class SmtpSettings(_Section):
    """``[smtp]``: how e-mail leaves."""

    host: str
    port: Annotated[int, Field(gt=0, lt=65536)] = 587
    user: str | None = None
    password: Annotated[str | None, Field(repr=False)] = None
    from_address: Annotated[str, Field(alias="from")]
    tls: Literal["starttls", "implicit", "none"] = "starttls"


class Settings(_Section):
    """Everything a deployment may set; without a file, the defaults."""

    server: ServerSettings = ServerSettings()
    sign_in: SignInSettings = SignInSettings()
    oidc: OidcSettings | None = None
    smtp: SmtpSettings | None = None


@cache
def settings() -> Settings:
    """The settings, read once; Refused with one sentence if the file cannot be read or a setting in it is wrong."""
    named = os.environ.get("FIELDMARK_CONFIG")
    path = Path(named) if named else _DEFAULT
    try:
        with path.open("rb") as file:
            return Settings.model_validate(tomllib.load(file))
    except FileNotFoundError:
        if not named:
            return Settings()
        raise _wrong(path, "it is not there") from None
    except OSError as error:
        raise _wrong(path, error.strerror or "it cannot be read") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _wrong(path, str(error)) from error
    except ValidationError as error:
        raise _wrong(path, "; ".join(_problems(error))) from None


def _problems(error: ValidationError) -> list[str]:
    """What is wrong with each setting. Without its value, which may be a password."""
    words = {"extra_forbidden": "there is no such setting", "missing": "it is missing"}
    return [f"{'.'.join(map(str, each['loc']))}: {words.get(each['type'], each['msg'])}" for each in error.errors(include_input=False)]


def _wrong(path: Path, reason: str) -> Refused:
    return Refused("The settings in {path} cannot be used: {reason}. Correct the file and start again", path=str(path), reason=reason)
