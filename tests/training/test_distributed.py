import socket

import numpy as np
import pytest
import torch

from tests.training.runs import PROCESSES, newest_files, run_training, small_config, write_text
from wordgru.errors import TrainingError
from wordgru.training.run.distributed import choose_device, choose_precision
from wordgru.training.run.settings import TrainConfig


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def run_processes(config, run, world):
    """As torchrun starts them."""
    shared = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port()), "WORLD_SIZE": str(world)}
    processes = [
        PROCESSES.Process(
            target=run_training, args=(config, run, False, shared | {"RANK": str(rank), "LOCAL_RANK": str(rank)})
        )
        for rank in range(world)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
        assert process.exitcode == 0


def test_two_processes_learn_what_one_does(tmp_path):
    drops = {name: 0.0 for name in TrainConfig.__dataclass_fields__ if name.endswith("dropout")}
    config = small_config(write_text(tmp_path / "text.txt"), steps=30, validate_every=30, **drops)
    run_processes(config, tmp_path / "one", 1)
    run_processes(config, tmp_path / "two", 2)
    one, two = newest_files(tmp_path / "one"), newest_files(tmp_path / "two")
    for name in one:
        if not name.startswith("random.cpu"):
            np.testing.assert_allclose(two[name], one[name], atol=1e-5, rtol=1e-4, err_msg=name)


def test_a_device_that_is_not_there_is_an_error():
    missing = "mps" if not torch.backends.mps.is_available() else "cuda"
    with pytest.raises(TrainingError, match=f"device '{missing}' is not there, only cpu"):
        choose_device(missing)


def test_precision_is_what_was_asked_for():
    cpu = torch.device("cpu")
    assert choose_precision("fp32", cpu) is torch.float32
    assert choose_precision("bf16", cpu) is torch.bfloat16
    assert choose_precision("auto", cpu) in (torch.float32, torch.bfloat16)
