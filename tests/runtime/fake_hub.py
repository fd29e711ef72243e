"""As much of the Hugging Face Hub's protocol as it takes to push a model and to load it again, on this machine."""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

TOKEN = "hf_a_token_of_the_fake"


class FakeHub(ThreadingHTTPServer):
    """Repositories in memory; what happened is in `log`, and `refuse` answers a path's part with a status."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.repositories: dict[str, dict[str, bytes]] = {}
        self.private: dict[str, bool] = {}
        self.objects: dict[str, bytes] = {}
        self.commits: list[tuple[str, str]] = []
        self.refuse: dict[str, int] = {}

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that was killed is no fault of the Hub."""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def fake_hub() -> Iterator[FakeHub]:
    with FakeHub() as hub:
        threading.Thread(target=hub.serve_forever, daemon=True).start()
        yield hub
        hub.shutdown()


class _Answers(BaseHTTPRequestHandler):
    server: FakeHub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self, status: int, body: Any = b"", **headers: str) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        if not isinstance(body, bytes):
            self.send_header("Content-Type", "application/json")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _begin(self) -> tuple[list[str], bytes] | None:
        """The parts of the path and the body; None where it was refused."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = unquote(urlsplit(self.path).path)
        for part, status in self.server.refuse.items():
            if part in path:
                self._answer(status, {"error": "refused"})
                return None
        if self.command not in ("GET", "HEAD", "PUT") and self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self._answer(401, {"error": "Invalid username or password."})
            return None
        return path.strip("/").split("/"), body

    def do_POST(self) -> None:
        if (begun := self._begin()) is None:
            return
        parts, body = begun
        if parts == ["api", "repos", "create"]:
            asked = json.loads(body)
            name = f"{asked['organization']}/{asked['name']}" if asked.get("organization") else asked["name"]
            status = 409 if name in self.server.repositories else 200
            self.server.repositories.setdefault(name, {})
            self.server.private.setdefault(name, bool(asked.get("private")) or asked.get("visibility") == "private")
            self._answer(status, {"url": f"{self.server.address}/{name}", "name": name})
        elif parts == ["api", "validate-yaml"]:
            self._answer(200, {"errors": [], "warnings": []})
        elif parts[:2] == ["api", "models"] and parts[4] == "preupload":
            files = json.loads(body)["files"]
            modes = ["lfs" if file["path"].endswith((".onnx", ".bin")) else "regular" for file in files]
            self._answer(
                200,
                {
                    "files": [
                        {"path": file["path"], "uploadMode": mode, "shouldIgnore": False}
                        for file, mode in zip(files, modes, strict=True)
                    ]
                },
            )
        elif parts[-3:] == ["lfs", "objects", "batch"]:
            wanted = json.loads(body)["objects"]
            self._answer(
                200,
                {
                    "transfer": "basic",
                    "objects": [
                        {**each, "actions": {"upload": {"href": f"{self.server.address}/put/{each['oid']}"}}}
                        for each in wanted
                    ],
                },
            )
        elif parts[:2] == ["api", "models"] and parts[4] == "commit":
            self._commit("/".join(parts[2:4]), body)
        else:
            self._answer(404, {"error": f"the fake does not know {self.path}"})

    def _commit(self, name: str, body: bytes) -> None:
        lines = [json.loads(line) for line in body.splitlines()]
        files = {}
        for line in lines:
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                files[value["path"]] = self.server.objects[value["oid"]]
        self.server.repositories[name].update(files)
        self.server.commits.append((name, lines[0]["value"]["summary"]))
        oid = self._revision(name)
        self._answer(
            200,
            {
                "success": True,
                "commitOid": oid,
                "commitUrl": f"{self.server.address}/{name}/commit/{oid}",
                "hookOutput": "",
            },
        )

    def do_PUT(self) -> None:
        if (begun := self._begin()) is None:
            return
        parts, body = begun
        if hashlib.sha256(body).hexdigest() != parts[1]:
            self._answer(400, {"error": "the hash is another"})
            return
        self.server.objects[parts[1]] = body
        self._answer(200)

    def do_GET(self) -> None:
        if (begun := self._begin()) is None:
            return
        parts, _ = begun
        name = "/".join(parts[2:4]) if parts[0] == "api" else "/".join(parts[:2])
        if name not in self.server.repositories:
            self._answer(404, {"error": "Repository not found"}, X_Error_Code="RepoNotFound")
        elif parts[0] != "api" and parts[2] == "resolve":
            file, commit = "/".join(parts[4:]), self._revision(name)
            if (content := self.server.repositories[name].get(file)) is None:
                self._answer(404, {"error": "Entry not found"}, X_Error_Code="EntryNotFound")
            else:
                self._answer(200, content, ETag=f'"{hashlib.sha1(content).hexdigest()}"', X_Repo_Commit=commit)
        elif "tree" in parts:
            self._answer(
                200,
                [
                    {"type": "file", "path": path, "size": len(content), "oid": hashlib.sha1(content).hexdigest()}
                    for path, content in self.server.repositories[name].items()
                ],
            )
        else:
            siblings = [{"rfilename": file} for file in self.server.repositories[name]]
            self._answer(200, {"id": name, "sha": self._revision(name), "siblings": siblings, "private": False})

    do_HEAD = do_GET

    def _revision(self, name: str) -> str:
        """A commit that changes with the files."""
        digest = hashlib.sha1()
        for file, content in sorted(self.server.repositories[name].items()):
            digest.update(file.encode() + content)
        return digest.hexdigest()
