import json
import time

import numpy as np
import pytest

from tests.training.runs import PROCESSES, newest_files, run_training, small_config, write_text
from wordgru.training.run import checkpoint
from wordgru.training.run.loop import train

CLOCK = ("seconds", "tokens_per_second")


@pytest.fixture
def config(tmp_path):
    # hidden states large enough that a checkpoint takes a while to write
    return small_config(write_text(tmp_path / "text.txt"), steps=90, checkpoint_every=7, hidden_size=160)


def metrics(run):
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [{name: value for name, value in line.items() if name not in CLOCK} for line in lines]


def start_and_kill(config, run, *, when):
    """SIGKILL a training process when `when()` holds. Returns whether it was killed before its end."""
    process = PROCESSES.Process(target=run_training, args=(config, run, checkpoint.is_run(run)))
    process.start()
    while process.is_alive() and not when():
        time.sleep(0.0005)
    process.kill()
    process.join()
    return process.exitcode != 0


def test_a_run_that_was_killed_again_and_again_ends_with_the_same_bits(tmp_path, config):
    straight, killed = tmp_path / "straight", tmp_path / "killed"
    train(config, straight)

    def metrics_of(step):
        return (killed / "metrics.jsonl").exists() and any(line["step"] >= step for line in metrics(killed))

    assert start_and_kill(config, killed, when=lambda: checkpoint.is_run(killed))  # before the first checkpoint
    assert start_and_kill(config, killed, when=lambda: metrics_of(20))
    in_a_write = 0
    for _ in range(8):
        alive = start_and_kill(config, killed, when=lambda: list(killed.glob("checkpoints/*.tmp")))
        in_a_write += bool(list(killed.glob("checkpoints/*.tmp")))
        if in_a_write == 2 or not alive:
            break
    assert in_a_write >= 1  # else the test has not tested that
    result = train(config, killed, resume=True)
    assert result.finished

    one, other = newest_files(straight), newest_files(killed)
    assert one.keys() == other.keys()
    for name in one:
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)
    best = checkpoint.load_model_weights(straight)
    for name, value in checkpoint.load_model_weights(killed).items():
        np.testing.assert_array_equal(value, best[name], err_msg=name)
    assert metrics(killed) == metrics(straight)
    assert not list(killed.rglob("*.tmp"))


def test_a_crash_in_a_write_leaves_the_checkpoint_before(tmp_path, monkeypatch):
    run = tmp_path / "run"
    config = small_config(write_text(tmp_path / "text.txt"), steps=30)
    writes = []
    whole = checkpoint._write

    def crash(path, content):
        writes.append(path)
        if "step-00000020" in str(path):
            path.write_bytes(content[: len(content) // 2])
            raise KeyboardInterrupt
        whole(path, content)

    monkeypatch.setattr(checkpoint, "_write", crash)
    with pytest.raises(KeyboardInterrupt):
        train(config, run)
    monkeypatch.undo()
    newest = checkpoint.newest_checkpoint(run)
    assert newest.name == "step-00000010"
    assert checkpoint.load_checkpoint(newest)[2]["step"] == 10
    assert (run / "checkpoints" / "step-00000020.tmp").exists()
    assert train(config, run, resume=True).step == 30
    assert [path.name for path in (run / "checkpoints").iterdir()] == ["step-00000030"]
