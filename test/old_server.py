"""A server of OpenSSL that does all that nobody should do any more: what a check of TLS has to find
fault with, so that it is known to be able to."""
import subprocess
from pathlib import Path

EVERYTHING = "ALL:COMPLEMENTOFALL:@SECLEVEL=0"


def openssl(*arguments, sent=b""):
    return subprocess.run(["openssl", *arguments], input=sent, capture_output=True, timeout=60,
                          check=False)


class OldServer:
    """With the certificate that `otter init` made in a folder, on a free port, until stop()."""

    def __init__(self, folder, *more):
        certificates = Path(folder, "otter-data/certs")
        self.process = subprocess.Popen(
            ["openssl", "s_server", "-accept", "0", "-cert", str(certificates / "server.crt"),
             "-key", str(certificates / "server.key"), "-cipher", EVERYTHING, "-no_dhe", "-www",
             *more],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        line = ""
        while not line.startswith("ACCEPT "):
            line = self.process.stdout.readline()
            if not line:
                raise RuntimeError("openssl s_server does not start")
        self.port = int(line.rsplit(":", 1)[1])

    def stop(self):
        self.process.terminate()
        self.process.communicate(timeout=20)
