"""Notes each secret that a test's server gives out or is told, and looks for them where none may
be: in its log, in the audit log, in its database, in what it refuses with and what it shows."""
import base64
import contextlib
import json
import os
import re
from unittest import mock
from urllib.parse import parse_qs, quote, urlsplit

from identity_provider import CLIENT_SECRET

# Members of JSON bodies. Those that only sound like it are named, so that a new one has to be, too.
SECRET = {"api_key", "csrf_token", "device_key", "hmac_secret", "new_password", "password", "token"}
HARMLESS = {"code", "has_password", "key_epoch", "keyid", "keys", "public_key_pem", "tokens"}
SUSPICIOUS = re.compile(r"secret|token|password|key|cookie|code")
HEADERS = ("Authorization", "Cookie", "X-API-Key", "X-CSRF-Token")
PARAMETERS = ("code", "state", "nonce")  # of signing in by a provider
FILES = ("secrets/*", "certs/*.key", "keys/*.pem")
PRINTED = re.compile(r"\bot[a-z]_[\w-]{43}")
SIZE_MIN = 12  # [characters] what is shorter was made up by a test, and is in other words as well


def members(node):
    """(name, value) of each text in a JSON document."""
    if isinstance(node, dict):
        yield from ((name, value) for name, value in node.items() if isinstance(value, str))
    for child in node.values() if isinstance(node, dict) else node:
        if isinstance(child, (dict, list)):
            yield from members(child)


def encodings(data):
    """Bytes as a program writes them; of base64 what does not depend on what follows."""
    text = base64.b64encode(data[:len(data) // 3 * 3]).decode()
    return data.hex(), data.hex().upper(), text, text.replace("+", "-").replace("/", "_")


def spellings(secret):
    """A secret as it is, escaped for a URL, in hex and base64, and what it is the base64 of."""
    if isinstance(secret, bytes):
        return {secret, *(text.encode() for text in encodings(secret))}
    found = {secret, quote(secret, safe=""), *encodings(secret.encode())}
    if re.fullmatch(r"[\w-]+\.[0-9a-f]{64}", secret):  # a device's id and its key
        found.add(secret[-64:])
    body = re.sub(r"\Aot[a-z]_", "", secret)
    if re.fullmatch(r"[\w+/-]{40,}=*", body):
        text = body.rstrip("=").replace("-", "+").replace("_", "/")
        with contextlib.suppress(ValueError):
            found.update(encodings(base64.b64decode(text + "=" * (-len(text) % 4))))
    return {text.encode() for text in found}


class SecretWatch:
    """For a WorldTest: its server writes down each request, in the format `log`."""
    log = "human"

    def setUp(self):
        self.secrets = {}  # secret -> what it is
        self.told = []  # (where, bytes) that may hold none
        super().setUp()

    def start_server(self):
        given = {"OTTER_SERVER_ACCESS_LOG": "on", "OTTER_SERVER_LOG": self.log}
        with mock.patch.dict(os.environ, given):
            super().start_server()

    def otter(self, *arguments, ok=True):
        done = super().otter(*arguments, ok=ok)
        for secret in PRINTED.findall(done.stdout):
            self.note(secret, "printed")
        return done

    def request(self, method, target, headers=None, body=None):
        answer = super().request(method, target, headers, body)
        if target == "/api/v1/openapi.json":  # whose examples are no secrets
            return answer
        self.note_request(target, headers or {}, body)
        self.note_answer(method, target, answer)
        return answer

    def note(self, secret, what):
        if len(secret) >= SIZE_MIN:
            self.secrets.setdefault(secret, what)

    def note_request(self, target, headers, body):
        for name in HEADERS:
            for part in headers.get(name, "").split("; "):
                secret = part.removeprefix("Bearer ")
                self.note(secret.partition("=")[2] if name == "Cookie" else secret, name)
        self.note_parameters(target)
        if headers.get("Content-Type") == "application/json":
            with contextlib.suppress(ValueError):
                self.note_members(body)

    def note_answer(self, method, target, answer):
        status, headers, body = answer
        kind = headers.get("Content-Type", "")
        for cookie in headers.get_all("Set-Cookie", []):
            self.note(cookie.partition(";")[0].partition("=")[2], "Set-Cookie")
        self.note_parameters(headers.get("Location", ""))
        if status // 100 == 2 and kind == "application/json":
            self.note_members(body)
        shows = method == "GET" and kind != "application/octet-stream"
        if (status // 100 > 2 or shows) and target != "/api/v1/session":  # which gives csrf_token
            self.told.append((f"{method} {target} {status}", body))

    def note_members(self, body):
        for name, value in members([json.loads(body)]):
            if name in SECRET:
                self.note(value, name)

    def note_parameters(self, url):
        for name, values in parse_qs(urlsplit(url).query).items():
            if name in PARAMETERS:
                self.note(values[0], name)

    def note_provider(self, provider):
        self.note(CLIENT_SECRET, "client secret")
        for token in provider.given:
            self.note(token, "ID token")

    def note_files(self):
        data = self.folder / "otter-data"
        for path in (path for pattern in FILES for path in data.glob(pattern)):
            content = path.read_bytes()
            what = path.relative_to(data)
            if b"PRIVATE KEY" in content:
                for line in content.decode().split("\n")[1:-2]:
                    self.note(line, what)
            else:
                self.note(content if path.suffix == ".key" else content.decode().strip(), what)

    def log_told(self):
        """The log, and if it is JSON what its lines say once more, without escapes."""
        text = self.server_log()
        self.assertIn("Answered", text)
        if self.log == "json":
            lines = (json.loads(line) for line in text.splitlines() if line.startswith("{"))
            text += "\n".join(value for line in lines for _, value in members(line))
        return text.encode()

    def places(self):
        yield from self.told
        yield "the log", self.log_told()
        yield "the audit log", self.otter("audit", "export").stdout.encode()
        for path in (self.folder / "otter-data").glob("otter.sqlite*"):
            yield path.name, path.read_bytes()

    def leaks(self):
        """(what the secret is, where it was found). The database needs the HMAC secrets."""
        self.note_files()
        places = list(self.places())
        found = set()
        for secret, what in self.secrets.items():
            is_kept = isinstance(secret, str) and secret.startswith("oth_")
            wanted = spellings(secret)
            found |= {(str(what), where) for where, content in places
                      if any(spelling in content for spelling in wanted)
                      and not (is_kept and where.startswith("otter.sqlite"))}
        return sorted(found)
