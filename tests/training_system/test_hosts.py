"""Training on two machines that share nothing: the same model as one process makes."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fstmuse_core.training.group import own_address
from tests.hosts import two_hosts
from tests.training_system.conftest import Home, fstmuse
from tests.training_system.test_processes import WORDS, needs_jax, trained, weights

pytestmark = needs_jax


@pytest.mark.long
@pytest.mark.timeout(900)
def test_two_hosts_train_what_one_process_does(home: Home, tones: Path, tmp_path: Path) -> None:
    words = ["--epochs=2", "--genres=Folk,Hip-Hop,Rock"]
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(tones, elsewhere / "music")
    with two_hosts() as hosts:
        running = []
        for rank, host in enumerate(hosts):
            music = tones if rank == 0 else elsewhere / "music"
            own = [*words, f"--data={music}", "--out=two"]
            own += [f"--coordinator={hosts[0].address}:29500", f"--rank={rank}", "--hosts=2"]
            folder = home.folder if rank == 0 else elsewhere
            running.append(
                subprocess.Popen(
                    host.command(*fstmuse(*WORDS, *own)),
                    env={
                        **home.environment,
                        "XDG_DATA_HOME": str(folder / "data"),
                        "FSTMUSE_CACHE": str(folder / "cache"),
                        "KERAS_BACKEND": "jax",
                        "JAX_PLATFORMS": "cpu",
                    },
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            )
        try:
            told = [process.communicate() for process in running]
        finally:
            for process in running:
                process.kill()
    assert [process.returncode for process in running] == [0, 0], [err for _, err in told]
    # Only the first one keeps a run and writes the model.
    assert (home.folder / "data" / "fstmuse" / "models" / "two").is_dir()
    assert list((elsewhere / "data").rglob("run.json")) == []

    events = [json.loads(line) for line in told[0][0].splitlines()]
    one = trained(home, *words, f"--data={tones}", "--out=one")
    alone, together = weights(one), weights(events)
    assert set(alone.files) == set(together.files)
    for name in alone.files:
        np.testing.assert_allclose(together[name], alone[name], rtol=0.0, atol=2e-3, err_msg=name)


@pytest.mark.parametrize(
    ("coordinator", "own"),
    [("127.0.0.1:9", "127.0.0.1"), ("localhost:9", "127.0.0.1"), ("[::1]:9", "::1")],
)
def test_on_one_machine_the_loopback_does(coordinator: str, own: str) -> None:
    if own == "::1" and not socket.has_ipv6:
        pytest.skip("there is no IPv6")
    assert own_address(coordinator) in (own, "::1" if coordinator[0] == "l" else own)


def test_a_machine_knows_how_others_reach_it() -> None:
    code = "import sys; from fstmuse_core.training.group import own_address; "
    code += "print(own_address(sys.argv[1]))"
    with two_hosts() as hosts:
        for host in hosts:
            # The second name is its own, which it takes for one of its loopback.
            for name in (hosts[0].address, host.namespace):
                command = host.command(sys.executable, "-c", code, f"{name}:29500")
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                assert done.stdout == f"{host.address}\n"
