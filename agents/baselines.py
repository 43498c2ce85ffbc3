"""Two older remedies for the loss of plasticity, to compare weight clipping with: L2-Init, and Shrink and Perturb.

Both are mixins for torch optimizers, with ready-made classes for Adam and SGD that any SB3 policy takes:

    PPO("MlpPolicy", env, policy_kwargs=dict(optimizer_class=L2InitAdam, optimizer_kwargs=dict(strength=1e-3)))

Another optimizer takes one line: `class L2InitRMSprop(L2Init, torch.optim.RMSprop): ...`. ReDo is in
`hackatari.agents.redo`, networks with layer normalisation or concatenated ReLUs are in `hackatari.agents.networks`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch.optim import Optimizer


class L2Init(Optimizer):
    """Mixin that regularises weights towards where they started (Kumar et al., 2023, "regenerative regularisation").

    Minimises `loss + strength * ||theta - theta_0||^2` by adding the gradient `2 * strength * (theta - theta_0)` to
    `parameter.grad` before the step. With Adam it goes through the moments, as the gradient of the loss does. The loss
    that a closure returns is without the penalty. `theta_0` is a parameter's value before its first update. It is part
    of the optimizer's state, so training goes on after loading as if it had never stopped.

    Args:
        params: Parameters or groups of them, as in the plain optimizer, whose other arguments follow.
        strength: Weight of the penalty, >= 0; may differ between parameter groups.

    Raises:
        ValueError: If `strength` is negative.
    """

    def __init__(self, params: Any, *args: Any, strength: float = 1e-3, **kwargs: Any) -> None:
        _check_not_negative("strength", strength)
        super().__init__(params, *args, **kwargs)
        _add_options(self, strength=strength)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        _add_options(self, strength=self.defaults["strength"])

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Make one step, as the plain optimizer does."""
        parameters = [parameter for group in self.param_groups for parameter in group["params"]]
        initial = {parameter: self._initial(parameter) for parameter in parameters}
        if closure is None:
            self._add_gradient_of_penalty(initial)
            loss = super().step()
        else:
            loss = super().step(lambda: self._with_penalty(closure, initial))
        for parameter, weights in initial.items():
            if parameter.grad is not None:
                # Not earlier: optimizers set up the state of a parameter only while it is empty.
                self.state[parameter]["initial"] = weights
        return loss

    def _initial(self, parameter: torch.Tensor) -> torch.Tensor:
        state = self.state[parameter]
        return state["initial"] if "initial" in state else parameter.detach().clone()

    def _with_penalty(self, closure: Callable[[], Any], initial: Mapping[torch.Tensor, torch.Tensor]) -> Any:
        loss = closure()
        self._add_gradient_of_penalty(initial)
        return loss

    @torch.no_grad()
    def _add_gradient_of_penalty(self, initial: Mapping[torch.Tensor, torch.Tensor]) -> None:
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    parameter.grad.add_(parameter - initial[parameter], alpha=2 * group["strength"])


class ShrinkAndPerturb(Optimizer):
    """Mixin that shrinks all weights a little and adds a little noise after every step (after Ash & Adams, 2020).

    `theta <- (1 - lr * decay) * theta + lr * noise * epsilon`, `epsilon ~ N(0, 1)`, where `theta` on the right is the
    result of the plain step. This is the form for streams of tasks, in which nobody tells when the task changes; when
    it is known, call `shrink_and_perturb` once. Every parameter that gets a gradient is treated, gains and shifts of
    normalisations too.

    Args:
        params: Parameters or groups of them, as in the plain optimizer, whose other arguments follow.
        decay: Shrinkage per step and unit of learning rate, >= 0; may differ between parameter groups.
        noise: Standard deviation of the noise per step and unit of learning rate, >= 0; may differ between groups.
        seed: Seed of the noise; by default the one that torch's generator was seeded with, which is not drawn from.
            Seed and number of steps are part of the state dict: after loading the same noise follows.

    Raises:
        ValueError: If `decay` or `noise` is negative.
    """

    def __init__(
        self, params: Any, *args: Any, decay: float = 0.01, noise: float = 0.1, seed: int | None = None, **kwargs: Any
    ) -> None:
        _check_not_negative("decay", decay)
        _check_not_negative("noise", noise)
        super().__init__(params, *args, **kwargs)
        _add_options(self, decay=decay, noise=noise, seed=torch.initial_seed() if seed is None else seed, steps=0)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        _add_options(self, **{name: self.defaults[name] for name in ("decay", "noise", "seed", "steps")})

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Make one step, as the plain optimizer does, then shrink and perturb the weights it has updated."""
        loss = super().step(closure)
        first = self.param_groups[0]
        generator = torch.Generator(first["params"][0].device).manual_seed((first["seed"] + first["steps"]) % 2**63)
        for group in self.param_groups:
            rate = float(group["lr"])
            trained = [parameter for parameter in group["params"] if parameter.grad is not None]
            shrink_and_perturb(trained, 1 - rate * group["decay"], rate * group["noise"], generator)
            group["steps"] += 1
        return loss


class L2InitAdam(L2Init, torch.optim.Adam):
    """`torch.optim.Adam` with L2-Init."""


class L2InitSGD(L2Init, torch.optim.SGD):
    """`torch.optim.SGD` with L2-Init."""


class ShrinkAndPerturbAdam(ShrinkAndPerturb, torch.optim.Adam):
    """`torch.optim.Adam` with Shrink and Perturb."""


class ShrinkAndPerturbSGD(ShrinkAndPerturb, torch.optim.SGD):
    """`torch.optim.SGD` with Shrink and Perturb."""


@torch.no_grad()
def shrink_and_perturb(
    parameters: Iterable[torch.Tensor], shrink: float, noise: float, generator: torch.Generator
) -> None:
    """Shrink weights towards 0 and add noise, in place (Ash & Adams, 2020).

    `theta <- shrink * theta + noise * epsilon` with `epsilon ~ N(0, 1)`.

    Args:
        parameters: The weights.
        shrink: Factor, usually in [0, 1].
        noise: Standard deviation of the normal noise, in units of the weights.
        generator: Source of the noise, on the device of the weights.
    """
    for parameter in parameters:
        epsilon = torch.randn(parameter.shape, generator=generator, device=parameter.device, dtype=parameter.dtype)
        parameter.mul_(shrink).add_(epsilon, alpha=noise)


def _add_options(optimizer: Optimizer, **options: Any) -> None:
    """Give each parameter group the options of a mixin that it lacks, such as those from a plain optimizer's state."""
    optimizer.defaults.update(options)
    for group in optimizer.param_groups:
        for name, value in options.items():
            group.setdefault(name, value)


def _check_not_negative(name: str, value: float) -> None:
    if not value >= 0:
        raise ValueError(f"`{name}` must be >= 0, got {value!r}.")
