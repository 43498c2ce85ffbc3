from __future__ import annotations

import subprocess
import sys

import pytest

import hackatari.agents


def run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)


def test_package_alone_does_not_import_torch():
    code = "import sys, hackatari.agents; print({'torch', 'stable_baselines3'} & set(sys.modules))"
    assert run(code).stdout.strip() == "set()"


@pytest.mark.parametrize("name", hackatari.agents.__all__)
def test_every_public_name_resolves_to_its_object(name):
    value = getattr(hackatari.agents, name)
    assert value.__module__.startswith("hackatari.agents.")
    assert value.__name__ == name
    assert name in dir(hackatari.agents)


def test_unknown_name():
    with pytest.raises(AttributeError, match=r"module 'hackatari\.agents' has no attribute 'CentredDQN'"):
        hackatari.agents.CentredDQN  # noqa: B018 - the access is the test


def test_missing_extra_is_named():
    result = run("import sys; sys.modules['torch'] = None; from hackatari.agents import CenteredPPO")
    message = "ImportError: CenteredPPO needs torch: pip install 'hackatari-suite[train]'"
    assert result.stderr.splitlines()[-1] == message
