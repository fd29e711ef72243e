"""Bundles that somebody made to do harm: each is refused in a line, quickly, or answered."""

import hashlib
import json
import os
import resource
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import texts
from tally import Tally

from wordgru import Predictor

_MEMORY = 2 << 30  # bytes that a child may take beside what it has from its parent, which grows in a long run
_SECONDS = 20  # which an answer may take


class Hostile:
    """One bundle after the other.

    Args:
        bundle: a good one.
        folder: for copies.
    """

    def __init__(self, bundle: Path, folder: Path) -> None:
        self._bundle, self._folder, self._next = bundle, folder, 0

    def step(self, rng: Random, tally: Tally) -> None:
        """All of them."""
        for name, change in HARM.items():
            with tally.child(name, _SECONDS) as inside:
                if inside:
                    most = _address_space() + _MEMORY
                    resource.setrlimit(resource.RLIMIT_AS, (most, most))
                    self._try(name, change, tally)

    def _try(self, name: str, change: Callable[[Path], None], tally: Tally) -> None:
        bundle = self._folder / name.replace(" ", "-")
        shutil.rmtree(bundle, ignore_errors=True)
        shutil.copytree(self._bundle, bundle)
        change(bundle)
        tally.counts["files"] += 1
        predictor = tally.call(f"load: {name}", Predictor.load, bundle)
        if predictor is not None:
            for use in (predictor.suggest, predictor.score, predictor.generate):
                tally.call(f"{use.__name__}: {name}", use, "the cat aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa! sat")


def _address_space() -> int:
    """Bytes of this process, as the limit counts them."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()


def _config(change: Callable[[dict[str, Any]], Any]) -> Callable[[Path], None]:
    def changed(bundle: Path) -> None:
        values = json.loads((bundle / "config.json").read_text())
        change(values)
        (bundle / "config.json").write_text(json.dumps(values))

    return changed


def _file(name: str, content: bytes | Callable[[bytes], bytes]) -> Callable[[Path], None]:
    """A file and its hash."""

    def changed(bundle: Path) -> None:
        path = bundle / name
        new = content if isinstance(content, bytes) else content(path.read_bytes())
        path.unlink(missing_ok=True)
        path.write_bytes(new)
        _config(lambda values: values["files"].update({name: hashlib.sha256(new).hexdigest()}))(bundle)

    return changed


def _link(name: str, to: str) -> Callable[[Path], None]:
    def changed(bundle: Path) -> None:
        (bundle / name).unlink(missing_ok=True)
        (bundle / name).symlink_to(to)

    return changed


def _pipe(name: str) -> Callable[[Path], None]:
    def changed(bundle: Path) -> None:
        (bundle / name).unlink(missing_ok=True)
        os.mkfifo(bundle / name)

    return changed


def _tokenizer(change: Callable[[dict[str, Any]], Any]) -> Callable[[Path], None]:
    def changed(content: bytes) -> bytes:
        values = json.loads(content)
        change(values)
        return json.dumps(values, ensure_ascii=False).encode()

    return _file("tokenizer.json", changed)


def _graph(change: Callable[[Any], Any]) -> Callable[[Path], None]:
    """The graph, where onnx is installed."""

    def changed(content: bytes) -> bytes:
        try:
            import onnx
        except ModuleNotFoundError:
            return content
        model = onnx.load_from_string(content)
        change(model.graph)
        return bytes(model.SerializeToString())

    return _file("model.onnx", changed)


def _outside(location: str) -> Callable[[Any], None]:
    def changed(graph: Any) -> None:  # noqa: ANN401
        tensor = graph.initializer[0]
        tensor.ClearField("raw_data")
        tensor.data_location = 1  # external
        for key, value in (("location", location), ("offset", "0"), ("length", "999999999999")):
            entry = tensor.external_data.add()
            entry.key, entry.value = key, value

    return changed


def _huge(graph: Any) -> None:  # noqa: ANN401
    graph.initializer[0].dims[:] = [1 << 40, 1 << 20]


def _nan(graph: Any) -> None:  # noqa: ANN401
    for tensor in graph.initializer:
        if tensor.data_type == 1 and len(tensor.raw_data) > 64:  # float32
            tensor.raw_data = b"\xff\xff\xff\x7f" * (len(tensor.raw_data) // 4)


def _inputs(graph: Any) -> None:  # noqa: ANN401
    for value in (*graph.input, *graph.output):
        for dim in value.type.tensor_type.shape.dim:
            dim.Clear()


def _sizes(**sizes: Any) -> Callable[[Path], None]:  # noqa: ANN401
    return _config(lambda values: values["model"].update(sizes))


def _evil_pattern(values: dict[str, Any]) -> None:
    values["normalizer"]["normalizers"].insert(0, {"type": "Replace", "pattern": {"Regex": "(a+)+$"}, "content": ""})


def _added(values: dict[str, Any]) -> None:
    token = {"id": 10_000_000, "content": "the", "single_word": False, "lstrip": False, "rstrip": False}
    values["added_tokens"] = [token | {"normalized": False, "special": False}]


def _dropout(values: dict[str, Any]) -> None:
    values["model"]["dropout"] = 0.9


HARM: dict[str, Callable[[Path], None]] = {
    "a link without an end": _link("model.onnx", "/dev/zero"),
    "a config without an end": _link("config.json", "/dev/zero"),
    "a pipe in place of the graph": _pipe("model.onnx"),
    "a pipe in place of the config": _pipe("config.json"),
    "a link to itself": _link("tokenizer.json", "tokenizer.json"),
    "a link to nothing": _link("model.onnx", "nowhere"),
    "a folder in place of a file": lambda bundle: ((bundle / "model.onnx").unlink(), (bundle / "model.onnx").mkdir())[
        1
    ],
    "a hash that is a number": _config(lambda values: values["files"].update({"model.onnx": 5})),
    "a hash that is nothing": _config(lambda values: values["files"].update({"model.onnx": None})),
    "a file outside": _config(lambda values: values["files"].update({"../outside": "0"})),
    "files that are a list": _config(lambda values: values.update(files=["model.onnx"])),
    "a model that is a list": _config(lambda values: values.update(model=[])),
    "sizes beyond the memory": _sizes(vocab_size=10**12, embedding_size=10**12, hidden_size=10**12, layers=10**9),
    "sizes beyond any number": _sizes(vocab_size=10**400),
    "sizes that are texts": _sizes(layers="1"),
    "a version that is a list": _config(lambda values: values.update(format_version=[2])),
    "a precision that is a list": _config(lambda values: values.update(precision=["fp32"])),
    "a training that nests": lambda bundle: (bundle / "config.json").write_text('{"training":' * 99_999) and None,
    "numbers without an end": lambda bundle: (bundle / "config.json").write_text('{"a":' + "9" * 99_999 + "}") and None,
    "a config in another encoding": lambda bundle: (bundle / "config.json").write_text("{}", "utf-16") and None,
    "no graph": _file("model.onnx", b""),
    "a graph of zeros": _file("model.onnx", bytes(100_000)),
    "a graph that is a text": _file("model.onnx", b"# model\n" * 1000),
    "data outside the folder": _graph(_outside("../../../../../../etc/passwd")),
    "data at an absolute path": _graph(_outside("/etc/passwd")),
    "data of a device": _graph(_outside("/dev/zero")),
    "data inside the folder": _graph(_outside("tokenizer.json")),
    "a shape beyond the memory": _graph(_huge),
    "weights that are no numbers": _graph(_nan),
    "inputs of any shape": _graph(_inputs),
    "no nodes": _graph(lambda graph: graph.ClearField("node")),
    "no weights": _graph(lambda graph: graph.ClearField("initializer")),
    "nodes in another order": _graph(lambda graph: graph.node.reverse()),
    "a tokenizer that nests": _file("tokenizer.json", b"[" * 100_000),
    "a tokenizer that is empty": _file("tokenizer.json", b"{}"),
    "a tokenizer that is a list": _file("tokenizer.json", b"[]"),
    "a pattern that takes for ever": _tokenizer(_evil_pattern),
    "an added token out of range": _tokenizer(_added),
    "tokens left to chance": _tokenizer(_dropout),
    "no normalizer": _tokenizer(lambda values: values.update(normalizer=None)),
    "no steps of a normalizer": _tokenizer(lambda values: values["normalizer"].update(normalizers=[])),
    "no pre-tokenizer": _tokenizer(lambda values: values.update(pre_tokenizer=None)),
    "no steps of a pre-tokenizer": _tokenizer(lambda values: values["pre_tokenizer"].update(pretokenizers=[])),
    "no merges": _tokenizer(lambda values: values["model"].update(merges=[])),
    "no vocabulary": _tokenizer(lambda values: values["model"].update(vocab={}, merges=[])),
    "ids out of range": _tokenizer(
        lambda values: values["model"].update(vocab={key: at + 9999 for key, at in values["model"]["vocab"].items()})
    ),
    "ids twice": _tokenizer(lambda values: values["model"].update(vocab=dict.fromkeys(values["model"]["vocab"], 1))),
    "words that stop": _tokenizer(lambda values: values["model"].update(end_of_word_suffix=None)),
    "truncation to nothing": _tokenizer(
        lambda values: values.update(
            truncation={"direction": "Right", "max_length": 0, "strategy": "LongestFirst", "stride": 0}
        )
    ),
    "known words without an end": _file("known.bin", b"WGKNOWN1" + b"\xff" * 8),
    "no known words": _file("known.bin", b""),
    "a filter of one bit": _file("known.bin", b"WGKNOWN1" + b"\1\0\0\0" + b"\x20\0\0\0" + b"\1"),
    "a block list of bytes": _file("blocked.txt", b"\xff\xfe"),
    "a block list of everything": _file("blocked.txt", "\n".join(texts.PLAIN).encode()),
    "a block list of sentences": _file("blocked.txt", b"two words\n"),
}
"""What is done to a bundle."""
