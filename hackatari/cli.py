"""The `hackatari` command: list, show and play variants; train and evaluate agents.

A thin shell: each command checks its arguments, calls a function of the library and prints what comes back. Results go
to stdout, messages to stderr; exit codes are 0, 1 for a failed or interrupted run, 2 for bad usage.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, NoReturn

try:
    import typer
    from rich.console import Console
except ImportError as error:
    sys.exit(f"The command line needs more packages ({error.name} is missing): pip install 'hackatari-suite[train]'")

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Does your Atari agent understand the game, or did it memorise it?",
)
messages = Console(stderr=True)


def main() -> None:
    """Run the command line."""
    app()


def fail(message: object, code: int = 2) -> NoReturn:
    """End the command with a message on stderr: 2 for bad usage, 1 for a failed run."""
    messages.print(f"[bold red]Error:[/] {message}", highlight=False, soft_wrap=True)
    raise typer.Exit(code)


@app.callback()
def _root() -> None:
    """Does your Atari agent understand the game, or did it memorise it?"""


Modifs = Annotated[
    list[str] | None,
    typer.Option("--modif", "-m", help="A modif of the game; may be given several times."),
]
Seed = Annotated[int, typer.Option("--seed", help="Seeds everything that is random.")]


@app.command()
def train(
    algorithm: Annotated[str, typer.Argument(help="PPO, DQN, CenteredDQN, QRDQN, ...: any of SB3, sb3-contrib, ours.")],
    env_id: Annotated[str, typer.Argument(help="An env ID, such as HackAtari/Pong-v0.")],
    steps: Annotated[int, typer.Option("--steps", min=1, help="Agent steps, summed over all envs.")] = 1_000_000,
    seed: Seed = 0,
    n_envs: Annotated[int, typer.Option("--n-envs", min=1, help="Envs stepped at once, a process each.")] = 8,
    modif: Modifs = None,
    sticky: Annotated[
        float,
        typer.Option("--sticky", min=0, max=1, help="Probability of repeating the last action, per frame."),
    ] = 0.25,
    optimizer: Annotated[
        str | None,
        typer.Option("--optimizer", help="adam, sgd, rmsprop, clipped-adam, ...; default: the algorithm's."),
    ] = None,
    kappa: Annotated[
        float | None, typer.Option("--kappa", help="Width of the box of a clipped optimizer; default 3.")
    ] = None,
    small_network: Annotated[
        bool, typer.Option("--small-network", help="Use SmallCNN: a fifth of NatureCNN's parameters.")
    ] = False,
    hyperparameter: Annotated[
        list[str] | None,
        typer.Option("--hyperparameter", "-p", help="name=value of the algorithm; linear:START:END is a schedule."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder for model, checkpoints and logs.")] = Path("runs/train"),
    checkpoint_every: Annotated[
        int, typer.Option("--checkpoint-every", min=0, help="Agent steps between checkpoints; 0: none.")
    ] = 100_000,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with OUT/model.zip.")] = False,
    slim: Annotated[bool, typer.Option("--slim", help="Save the final model without optimizer moments.")] = False,
    tensorboard: Annotated[bool, typer.Option("--tensorboard/--no-tensorboard", help="Write TensorBoard logs.")] = True,
    device: Annotated[str, typer.Option("--device", help="cpu, cuda or auto.")] = "auto",
) -> None:
    """Train an agent; Atari games are preprocessed as SB3 does (84x84 grey, 4 frames, rewards clipped)."""
    from hackatari.benchmarks import training

    try:
        plan = training.TrainingPlan(
            algorithm=algorithm,
            env_id=env_id,
            steps=steps,
            seed=seed,
            n_envs=n_envs,
            modifs=modif or (),
            sticky=sticky,
            optimizer=optimizer,
            optimizer_kwargs={} if kappa is None else {"kappa": kappa},
            small_network=small_network,
            hyperparameters=dict(training.parse_hyperparameter(text) for text in hyperparameter or ()),
            device=device,
        )
        result = training.train(
            plan, out, checkpoint_every=checkpoint_every, resume=resume, slim=slim, tensorboard=tensorboard
        )
    except (ValueError, OSError) as error:
        fail(error)
    messages.print(f"{result.steps:,} steps in {result.seconds:.0f} s.")
    if not result.finished:
        messages.print("Interrupted; the same command with --resume goes on.")
        raise typer.Exit(1)
    typer.echo(result.path)
