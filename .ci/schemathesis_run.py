"""Starts the service for each caller anew, gives the caller what it needs, and lets schemathesis ask in its name.

`.ci/schemathesis` calls this; what is checked, and what is not and why, stands in `schemathesis.toml`."""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import requests

FOLDER = Path(__file__).resolve().parent
# None of the document's examples: with them, requests would end the account that sends them.
PASSWORD = "not in the document"
SEED = 20250820
# What browsers say of pages of the service; without it nobody signs in or out there.
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


class Service:
    """The program itself, in a folder of its own, with one administrator, a project of theirs and a key to it."""

    def __init__(self, folder: str) -> None:
        ours = ("API_ANALYTICS_", "SECRET_", "DATABASE_")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        # Limits that a stranger must not exceed; these requests come by the thousand from one address.
        settings = {
            "BCRYPT_COST": 4,
            "REGISTRATIONS_PER_HOUR": 1_000_000,
            "REGISTRATIONS_PER_HOUR_ADDRESS": 1_000_000,
            "SIGN_IN_FAILURES_PER_HOUR": 1_000_000,
            "SIGN_IN_FAILURES_PER_HOUR_NAME": 1_000_000,
            "SIGN_IN_FAILURES_PER_HOUR_ADDRESS": 1_000_000,
        }
        environment |= {f"API_ANALYTICS_{name}": str(value) for name, value in settings.items()}
        environment |= {"RUST_LOG": "warn"}
        self._process = subprocess.Popen(
            [os.environ["API_ANALYTICS_BIN"], "serve", "--port", "0", "--data-dir", folder],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        line = next((line for line in self._process.stdout if line.startswith("listening on ")), None)
        if line is None:
            sys.exit("the service did not start")
        self.url = line.split()[-1]

    def prepare(self) -> None:
        """Make what callers present."""
        account = {"username": "administrator", "password": PASSWORD}
        self._post("/register", json=account)
        token = self._post("/token", data=account).json()["access_token"]
        self.bearer = {"Authorization": f"Bearer {token}"}
        session = self._post("/session", json=account, headers=SAME_ORIGIN)
        self.session = {"Cookie": session.headers["Set-Cookie"].partition(";")[0]} | SAME_ORIGIN
        project = self._post("/projects", json={"name": "Shop API"}, headers=self.bearer).json()["id"]
        new_key = {"name": "both", "scopes": ["ingest", "read"]}
        key = self._post(f"/projects/{project}/keys", json=new_key, headers=self.bearer).json()["key"]
        self.key = {"X-API-Key": key}

    def _post(self, path: str, **options) -> requests.Response:
        answer = requests.post(self.url + path, timeout=60, **options)
        answer.raise_for_status()
        return answer

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()


QUESTIONS = ("--include-tag", "insights", "--include-tag", "events", "--phases", "examples,coverage,fuzzing")
BRIEFLY = ("--phases", "examples,fuzzing", "--max-examples", "10")

# Who asks, what they send along, and what of it all: each operation is tried in full by one who may use it, and briefly
# by others, so that the whole lasts a few minutes.
CALLERS = {
    "administrator": (lambda service: service.bearer, ("--exclude-tag", "insights", "--exclude-tag", "events")),
    "key": (lambda service: service.key, QUESTIONS),
    "member with a key": (lambda service: service.bearer | service.key, (*QUESTIONS, *BRIEFLY)),
    # Who signs out, or ends the session from elsewhere, is somebody without one from then on.
    "session": (
        lambda service: service.session,
        (*BRIEFLY, "--exclude-operation-id", "sign_out", "--exclude-operation-id", "end_session"),
    ),
    # Credentials that are drawn open nothing.
    "anonymous": (lambda _: SAME_ORIGIN, (*BRIEFLY, "--generation-with-security-parameters", "true")),
}


def ask(caller: str, seed: int, more: list[str]) -> bool:
    """Whether schemathesis has nothing to complain about."""
    with tempfile.TemporaryDirectory() as folder:
        service = Service(folder)
        try:
            service.prepare()
            headers, options = CALLERS[caller]
            program = Path(sys.executable).parent / "schemathesis"
            command = [program, "--config-file", FOLDER / "schemathesis.toml", "run"]
            for name, value in headers(service).items():
                command += ["--header", f"{name}: {value}"]
            command += ["--seed", str(seed), *options, *more, f"{service.url}/openapi.json"]
            hooks = {"SCHEMATHESIS_HOOKS": "schemathesis_hooks", "PYTHONPATH": str(FOLDER)}
            environment = os.environ | hooks | {"PYTHONDONTWRITEBYTECODE": "1"}
            return subprocess.run(command, cwd=folder, env=environment, check=False).returncode == 0
        finally:
            service.close()


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--seed", type=int, default=SEED)
    arguments.add_argument("--only", choices=CALLERS)
    arguments, more = arguments.parse_known_args()
    faulty = []
    for caller in [arguments.only] if arguments.only else CALLERS:
        print(f"\n== schemathesis: {caller}, seed {arguments.seed}", flush=True)
        began = time.monotonic()
        if not ask(caller, arguments.seed, more):
            faulty.append(caller)
        print(f"{caller}: {time.monotonic() - began:.0f} s", flush=True)
    if faulty:
        sys.exit(f"schemathesis complains as: {', '.join(faulty)}")


if __name__ == "__main__":
    main()
