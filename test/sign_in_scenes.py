"""Signing in by an identity provider, with a browser's part done by hand: what tests of it share,
and the scene that goes through each documented answer."""
import ssl
from http.client import HTTPSConnection
from urllib.parse import urlsplit

from identity_provider import CLIENT_ID, CLIENT_SECRET, IdentityProvider

BEGIN = "/api/v1/sign-in/openid"
ROLES = 'admin = ["otter-admin"]\noperator = ["otter-operator"]\nviewer = ["Staff of all sorts"]\n'


class SignInScenes:
    """For a WorldTest: a provider that its server trusts."""

    def trust_provider(self):
        certificates = self.folder / "otter-data/certs"
        self.provider = IdentityProvider(self.folder, certificates / "server.crt",
                                         certificates / "server.key")
        self.addCleanup(self.provider.stop)
        self.stop_server()
        (self.folder / "openid.secret").write_text(CLIENT_SECRET + "\n")
        settings = self.folder / "otter.toml"
        settings.write_text(settings.read_text().replace(
            "[openid]\n",
            f'[openid]\nissuer = "{self.provider.issuer}"\nname = "Staff"\n'
            f'client_id = "{CLIENT_ID}"\nclient_secret_file = "openid.secret"\n'
            f'ca = "otter-data/certs/ca.crt"\n{ROLES}'))
        self.start_server()

    def begin(self):
        """(the browser's cookie, where it is sent)."""
        status, headers, _ = self.request("GET", BEGIN)
        self.assertEqual(status, 303, self.server_log())
        return headers["Set-Cookie"].partition(";")[0], headers["Location"]

    def at_provider(self, url):
        """Where the provider sends the browser back to."""
        parts = urlsplit(url)
        trust = ssl.create_default_context(cafile=self.folder / "otter-data/certs/ca.crt")
        connection = HTTPSConnection("localhost", parts.port, context=trust, timeout=30)
        connection.request("GET", f"{parts.path}?{parts.query}")
        answer = connection.getresponse()
        self.assertEqual(answer.status, 302)
        connection.close()
        back = urlsplit(answer.headers["Location"])
        self.assertEqual(back.path, f"{BEGIN}/callback")
        return f"{back.path}?{back.query}"

    def sign_in(self, **person):
        """(status, the session's cookie, the answer's body)."""
        self.provider.person.update(person)
        cookie, url = self.begin()
        status, headers, body = self.request("GET", self.at_provider(url), {"Cookie": cookie})
        cookies = [value.partition(";")[0] for value in headers.get_all("Set-Cookie", [])]
        session = [value for value in cookies if value.startswith("__Host-otter=")]
        self.assertEqual(len(session), 1 if status == 200 else 0)
        return status, session[0] if session else "", body.decode()

    def sign_in_scene(self):
        self.assertIsNone(self.ask("list_ways_in", 200)["openid"])
        self.ask("begin_openid", 404)
        self.ask("end_openid", 404)
        self.trust_provider()
        self.ask("list_ways_in", 200)
        self.ask("begin_openid", 303)
        self.ask("end_openid", 401)
        operation = self.contract.operations["end_openid"]
        for status, roles in ((200, ["otter-admin"]), (403, [])):  # the first writes two entries
            self.provider.person["roles"] = roles
            cookie, url = self.begin()
            back = self.at_provider(url)
            answer = self.request("GET", back, {"Cookie": cookie})
            self.assertEqual((answer[0], self.contract.judge(operation, answer)), (status, []))
        query = back.partition("?")[2].split("&")
        no_code = "?" + "&".join(one for one in query if not one.startswith("code="))
        self.ask("end_openid", 400, query=no_code, headers={"Cookie": cookie})
        self.ask("end_openid", 502, query="?" + "&".join(query), headers={"Cookie": cookie})
        self.stop_server()
        self.start_server()
        self.provider.stop()
        self.ask("begin_openid", 502)
