"""A small identity provider on loopback: OpenID Connect's authorization code flow with PKCE, as the
server's sign-in meets it. Its tokens are signed by the program openssl."""
import base64
import hashlib
import json
import secrets
import ssl
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

CLIENT_ID = "otter"
CLIENT_SECRET = "of/the+client"  # to be escaped in a form


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def run(*arguments, data=None):
    return subprocess.run(arguments, input=data, capture_output=True, check=True).stdout


def raw_signature(der):
    """r and s, 32 bytes each, of what openssl gives for P-256: RFC 7518 section 3.4."""
    numbers, at = [], 2
    for _ in range(2):
        size = der[at + 1]
        numbers.append(int.from_bytes(der[at + 2:at + 2 + size], "big"))
        at += 2 + size
    return b"".join(number.to_bytes(32, "big") for number in numbers)


class SigningKey:
    """RS256, ES256 or EdDSA; made anew."""

    OPTIONS = {"RS256": ("RSA", "-pkeyopt", "rsa_keygen_bits:2048"),
               "ES256": ("EC", "-pkeyopt", "ec_paramgen_curve:P-256"), "EdDSA": ("ED25519",)}

    def __init__(self, folder, name, algorithm):
        self.name, self.algorithm = name, algorithm
        self.path, self.text = folder / f"{name}.pem", folder / f"{name}.txt"
        run("openssl", "genpkey", "-algorithm", *self.OPTIONS[algorithm], "-out", str(self.path))

    def public(self):
        der = run("openssl", "pkey", "-in", str(self.path), "-pubout", "-outform", "DER")
        key = {"kid": self.name, "use": "sig", "alg": self.algorithm}
        if self.algorithm == "ES256":
            return {**key, "kty": "EC", "crv": "P-256", "x": encoded(der[-64:-32]),
                    "y": encoded(der[-32:])}
        if self.algorithm == "EdDSA":
            return {**key, "kty": "OKP", "crv": "Ed25519", "x": encoded(der[-32:])}
        told = run("openssl", "rsa", "-in", str(self.path), "-noout", "-modulus").decode()
        modulus = bytes.fromhex(told.strip().removeprefix("Modulus="))
        return {**key, "kty": "RSA", "n": encoded(modulus), "e": "AQAB"}

    def sign(self, text):
        self.text.write_text(text)
        if self.algorithm == "EdDSA":
            return run("openssl", "pkeyutl", "-sign", "-rawin", "-inkey", str(self.path), "-in",
                       str(self.text))
        signature = run("openssl", "dgst", "-sha256", "-sign", str(self.path), str(self.text))
        return raw_signature(signature) if self.algorithm == "ES256" else signature


class IdentityProvider:
    """On a free port until stop(). `person` are the claims of whoever signs in next; `break_token`
    may change the token's header and claims before they are signed."""

    def __init__(self, folder, certificate, key):
        self.folder = folder
        self.keys = [SigningKey(folder, "key-1", "RS256")]
        self.person = {"sub": "1", "preferred_username": "ada", "roles": ["otter-operator"]}
        self.break_token = lambda header, claims: None
        self.codes = {}
        self.refusal = None  # what it says in place of a code
        self.asked = []
        self.given = []  # tokens
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.issuer = f"https://localhost:{self.server.server_port}/staff"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def rotate(self, algorithm):
        """A new key, and the old one is gone."""
        self.keys = [SigningKey(self.folder, f"key-{secrets.token_hex(4)}", algorithm)]

    def configuration(self):
        return {"issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/keys",
                "authorization_response_iss_parameter_supported": True}

    def authorize(self, query):
        """Where it sends a browser that asks so: the person signs in at once."""
        assert query["response_type"] == "code" and query["client_id"] == CLIENT_ID, query
        assert query["code_challenge_method"] == "S256" and "openid" in query["scope"], query
        answer = {"state": query["state"], "iss": self.issuer}
        if self.refusal:
            answer["error"] = self.refusal
        else:
            answer["code"] = secrets.token_urlsafe(16)
            self.codes[answer["code"]] = query
        return f"{query['redirect_uri']}?{urlencode(answer)}"

    def exchange(self, form, authorization):
        """The token for a code, once; None for what must be refused."""
        began = self.codes.pop(form.get("code"), None)
        sent = base64.b64decode(authorization.removeprefix("Basic ")).decode().split(":")
        challenge = encoded(hashlib.sha256(form["code_verifier"].encode()).digest())
        good = (began and [unquote(part) for part in sent] == [CLIENT_ID, CLIENT_SECRET]
                and challenge == began["code_challenge"]
                and form["redirect_uri"] == began["redirect_uri"]
                and form["grant_type"] == "authorization_code")
        if not good:
            return None
        return {"token_type": "Bearer", "access_token": "opaque",
                "id_token": self.token(began["nonce"])}

    def token(self, nonce):
        key = self.keys[0]
        header = {"alg": key.algorithm, "kid": key.name}
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "iat": int(time.time()),
                  "exp": int(time.time()) + 60, "nonce": nonce, **self.person}
        self.break_token(header, claims)
        text = ".".join(encoded(json.dumps(part).encode()) for part in (header, claims))
        self.given.append(f"{text}.{encoded(key.sign(text))}")
        return self.given[-1]

    def handler(self):
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self, status, document, **headers):
                body = json.dumps(document).encode()
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                url = urlsplit(self.path)
                provider.asked.append(url.path)
                if url.path == "/staff/.well-known/openid-configuration":
                    self.answer(200, provider.configuration())
                elif url.path == "/staff/keys":
                    self.answer(200, {"keys": [key.public() for key in provider.keys]})
                elif url.path == "/staff/authorize":
                    query = {name: values[0] for name, values in parse_qs(url.query).items()}
                    self.answer(302, {}, Location=provider.authorize(query))
                else:
                    self.answer(404, {})

            def do_POST(self):
                provider.asked.append(self.path)
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = {name: values[0] for name, values in parse_qs(body).items()}
                given = provider.exchange(form, self.headers.get("Authorization", ""))
                self.answer(200 if given else 400, given or {"error": "invalid_grant"})

            def log_message(self, *_):
                pass

        return Handler
