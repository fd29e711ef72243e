import json
from dataclasses import replace

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from click.testing import CliRunner

from wordgru.bundle import PRECISIONS, open_bundle
from wordgru.cli.export import export_command
from wordgru.config import ModelConfig
from wordgru.errors import BundleError, ExportError, TextError, TrainingError
from wordgru.exporting import export
from wordgru.exporting.export import Quality, check_consistency, check_parity, check_quality, export_run
from wordgru.graph import build_graph, weight_shapes
from wordgru.text.tokenizer import Tokenizer
from wordgru.training.data.text import TextConfig
from wordgru.training.network.model import GRULanguageModel
from wordgru.training.run import checkpoint
from wordgru.training.run.checkpoint import begin_run, save_best
from wordgru.training.run.loop import train
from wordgru.training.run.report import Reporter
from wordgru.training.run.settings import TrainConfig

GOOD = Quality(perplexity=100.5, fp32_perplexity=100.0, bits_per_byte=1.5, top5_overlap=0.97, tokens=1000, words=800)


def lines(count=300):
    random = np.random.default_rng(3)
    words = ["the", "a", "cat", "dog", "sat", "ran", "on", "under", "mat", "and", "then", "it", "was", "cold,", "warm."]
    return [" ".join(random.choice(words, size=random.integers(4, 20))) for _ in range(count)]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run folder with random weights; its text is a file of lines."""
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORDGRU_CACHE", str(folder / "cache"))
        text = folder / "secret-folder" / "lines.txt"
        text.parent.mkdir()
        text.write_text("\n".join(lines()), encoding="utf-8")
        tokenizer = Tokenizer.train(lines(), vocab_size=560)
        config = TrainConfig(
            text=TextConfig(sources=(str(text),), documents="line"),
            vocab_size=560,
            embedding_size=24,
            hidden_size=40,
            layers=2,
            steps=1,
            batch_size=4,
            window=8,
            validation_fraction=0.2,
        )
        torch.manual_seed(0)
        model = GRULanguageModel(config.model(tokenizer.vocab_size))
        begin_run(folder / "run", config, model.config, tokenizer)
        save_best(folder / "run", model.state_dict(), {"step": 7})
        yield folder / "run"


def weights_of(model):
    return {name: weight.numpy() for name, weight in model.state_dict().items()}


@pytest.fixture
def model():
    torch.manual_seed(1)
    return GRULanguageModel(replace(TrainConfig(steps=1), embedding_size=12, hidden_size=20, layers=2).model(90)).eval()


def test_what_the_model_that_a_run_began_with_never_offers_stays_blocked(run, tmp_path):
    config, tokenizer = checkpoint.load_run(run), checkpoint.load_tokenizer(run)
    origin = tmp_path / "origin"
    begin_run(origin, config, checkpoint.load_model_config(run), tokenizer, {"bad", "worse"})
    save_best(origin, {name: torch.from_numpy(each) for name, each in checkpoint.load_model_weights(run).items()}, {})
    train(replace(config, init_from=str(origin)), tmp_path / "run")
    export_run(tmp_path / "run", tmp_path / "bundle", precision="fp32")
    assert open_bundle(tmp_path / "bundle").blocked() == {"bad", "worse"}
    assert "beginning with the weights of `origin`" in (tmp_path / "bundle" / "README.md").read_text()
    export_run(tmp_path / "run", tmp_path / "other", precision="fp32", blocked=())
    assert not open_bundle(tmp_path / "other").blocked()


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_run_becomes_a_bundle_that_answers_as_its_model(run, tmp_path, precision):
    report = export_run(run, tmp_path / "bundle", precision=precision)
    bundle = open_bundle(tmp_path / "bundle")
    assert bundle == report.bundle
    assert bundle.config.precision == precision
    assert report.parity <= 1e-5
    assert abs(report.quality.change) <= (0 if precision == "fp32" else 0.01)
    assert report.quality.top5_overlap > {"fp32": 0.999, "int8": 0.8, "int4": 0.75}[precision]
    assert bundle.config.quality["perplexity_per_word"] == round(report.quality.perplexity, 3)
    assert bundle.config.training["settings"]["hidden_size"] == 40
    assert bundle.config.training["best"] == {"step": 7}
    assert Tokenizer.load(bundle.tokenizer_path).vocab_size == bundle.config.model.vocab_size
    onnx.checker.check_model(str(bundle.model_path), full_check=True)
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


def test_the_card_and_the_config_keep_the_folders_of_the_machine_to_themselves(run, tmp_path):
    bundle = export_run(run, tmp_path / "bundle", precision="int8", license="mit").bundle
    card = (bundle.folder / "README.md").read_text(encoding="utf-8")
    config = (bundle.folder / "config.json").read_text(encoding="utf-8")
    assert "secret-folder" not in card + config
    assert "`lines.txt`" in card
    assert card.startswith("---\nlicense: mit\n")
    assert "datasets:" not in card
    for name in ("input_ids", "state", "positions", "probabilities", "next_state", "top5 overlap with fp32"):
        assert name in card


def test_what_is_written_of_a_model_is_checked_before_anything_is_made(run, tmp_path):
    with pytest.raises(ExportError, match="front matter has license"):
        export_run(run, tmp_path / "bundle", precision="fp32", about="---\nlicense: mit\n---\nLetters.\n")
    assert not any(tmp_path.iterdir())
    about = "---\nco2_eq_emissions:\n  emissions: 3\n---\nLetters.\n"
    bundle = export_run(run, tmp_path / "bundle", precision="fp32", license="mit", about=about).bundle
    assert "license: mit\n" in (front := bundle.card().split("---\n")[1])
    assert front.endswith("co2_eq_emissions:\n  emissions: 3\n")


def test_perplexity_is_that_of_the_model(run, tmp_path):
    """Against the definition, with torch, one text at a time."""
    quality = export_run(run, tmp_path / "bundle", precision="fp32").quality
    tokenizer = Tokenizer.load(run / "tokenizer.json")
    model = GRULanguageModel(open_bundle(tmp_path / "bundle").config.model).eval()
    model.load_state_dict({name: torch.from_numpy(w) for name, w in export.load_model_weights(run).items()})
    quiet = Reporter(run, speaks=False)
    held_out = export.prepare(export.load_run(run), run, dataset=None, reporter=quiet).validation.documents
    nats = words = tokens = 0
    with torch.inference_mode():
        for document in held_out:
            ids = torch.tensor([0, *document, 0])
            logits, _ = model(ids[None, :-1])
            nats += float(torch.nn.functional.cross_entropy(logits[0].double(), ids[1:], reduction="sum"))
            words += len(tokenizer.decode(document.tolist()).split())
            tokens += len(document) + 1
    assert (quality.words, quality.tokens) == (words, tokens)
    assert quality.perplexity == pytest.approx(np.exp(nats / words), rel=1e-5)


def test_a_graph_with_other_weights_fails_and_writes_nothing(run, tmp_path, monkeypatch):
    def spoilt(sizes, weights, *, precision):
        weights = weights | {
            "output_bias": weights["output_bias"] + np.linspace(0, 0.002, sizes.vocab_size, dtype=np.float32)
        }
        return build_graph(sizes, weights, precision=precision)

    monkeypatch.setattr(export, "build_graph", spoilt)
    with pytest.raises(
        ExportError, match=r"equal to torch, batch 1, 1 tokens from zeros: probabilities differs by .*e-0"
    ):
        export_run(run, tmp_path / "bundle", precision="int8")
    assert list(tmp_path.iterdir()) == []


def test_a_graph_that_scores_worse_fails_and_writes_nothing(run, tmp_path, monkeypatch):
    monkeypatch.setattr(export, "measure", lambda *args: replace(GOOD, perplexity=102.0))
    with pytest.raises(ExportError, match=r"perplexity per word is 102\.00, with fp32 100\.00 \(\+2\.00%\)"):
        export_run(run, tmp_path / "bundle", precision="int8")
    assert list(tmp_path.iterdir()) == []


def test_quality_has_limits():
    check_quality(GOOD)
    check_quality(replace(GOOD, perplexity=90.0))
    for bad in (float("nan"), float("inf"), 100.6):
        with pytest.raises(ExportError, match="perplexity"):
            check_quality(replace(GOOD, perplexity=bad))
    with pytest.raises(ExportError, match="five likeliest"):
        check_quality(replace(GOOD, top5_overlap=0.7))


def test_parity_finds_a_gru_of_the_other_kind(model):
    """What an exporter that forgets linear_before_reset would write."""
    graph = build_graph(model.config, weights_of(model), precision="fp32")
    assert check_parity(graph.SerializeToString(), model.config, weights_of(model)) < 1e-5
    for node in graph.graph.node:
        for attribute in node.attribute:
            if attribute.name == "linear_before_reset":
                attribute.i = 0
    with pytest.raises(ExportError, match="equal to torch"):
        check_parity(graph.SerializeToString(), model.config, weights_of(model))


@pytest.mark.parametrize("precision", PRECISIONS)
def test_consistency_finds_a_graph_that_forgets_its_start_state(model, precision):
    graph = build_graph(model.config, weights_of(model), precision=precision)
    assert check_consistency(graph.SerializeToString(), model.config) < 1e-5
    for node in graph.graph.node:
        if node.op_type == "Gather" and node.input[0] == "state":
            node.input[0] = "no_state"
    graph.graph.node.insert(0, onnx.helper.make_node("Sub", ["state", "state"], ["no_state"]))
    with pytest.raises(ExportError, match="parts equal the whole"):
        check_consistency(graph.SerializeToString(), model.config)


def test_the_destination_is_refused_before_any_work(run, tmp_path, monkeypatch):
    export_run(run, tmp_path / "bundle", precision="int8")
    before = (tmp_path / "bundle" / "model.onnx").read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(export, "load_model_config", None)
        with pytest.raises(BundleError, match="already there"):
            export_run(run, tmp_path / "bundle", precision="fp32")
    assert (tmp_path / "bundle" / "model.onnx").read_bytes() == before
    export_run(run, tmp_path / "bundle", precision="fp32", overwrite=True)
    assert open_bundle(tmp_path / "bundle").config.precision == "fp32"


def test_what_is_no_run_is_refused(tmp_path):
    with pytest.raises(TrainingError, match="not a training run"):
        export_run(tmp_path, tmp_path / "bundle", precision="fp32")
    assert list(tmp_path.iterdir()) == []


def test_text_that_is_gone_is_named(run, tmp_path):
    config = json.loads((run / "config.json").read_text(encoding="utf-8"))
    config["text"]["sources"] = ["gone.txt"]
    moved = tmp_path / "run"
    (moved / "best").mkdir(parents=True)
    for name in ("tokenizer.json", "best/model.safetensors"):
        (moved / name).write_bytes((run / name).read_bytes())
    (moved / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(TextError, match=r"gone\.txt"):
        export_run(moved, tmp_path / "bundle", precision="int8")


def test_the_command_prints_both_checks(run, tmp_path):
    result = CliRunner().invoke(export_command, [str(run), "-o", str(tmp_path / "bundle"), "--precision", "int8"])
    assert result.exit_code == 0, result.output
    assert "against torch: largest difference" in result.output
    assert "perplexity per word" in result.output
    assert "five likeliest tokens in common" in result.output
    assert "int8 bundle" in result.output
    onnxruntime.InferenceSession(tmp_path / "bundle" / "model.onnx")


def test_where_no_space_parts_words_perplexity_is_per_token():
    tokenizer = Tokenizer.train(["日本語の文です", "これは長い文です"], vocab_size=530)
    sizes = ModelConfig(tokenizer.vocab_size, 8, 8)
    random = np.random.default_rng(1)
    weights = {name: random.normal(size=shape).astype(np.float32) * 0.1 for name, shape in weight_shapes(sizes).items()}
    graph = build_graph(sizes, weights, precision="fp32").SerializeToString()
    quality = export.measure(graph, graph, sizes, tokenizer, [tokenizer.encode("これは長い文です")])
    assert quality.per == "token"
    assert 1 < quality.perplexity < 3 * sizes.vocab_size
    spaced = export.measure(graph, graph, sizes, tokenizer, [tokenizer.encode("a b c d e f")])
    assert spaced.per == "word"
