"""The `hackatari` command: list, show and play variants; train and evaluate agents; repeat published experiments.

A thin shell: each command checks its arguments, calls a function of the library and prints what comes back. Results go
to stdout, messages to stderr; exit codes are 0, 1 for a failed or interrupted run, 2 for bad usage.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timezone
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

try:
    import typer
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
    from rich.table import Table
except ImportError as error:
    sys.exit(f"The command line needs more packages ({error.name} is missing): pip install 'hackatari-suite[train]'")

import gymnasium as gym

from hackatari.effects import EVERY_GAME
from hackatari.errors import did_you_mean
from hackatari.games import GAMES, find_game, rom_ids
from hackatari.modif import FAMILIES, Modif
from hackatari.names import split_variant
from hackatari.registration import variant_id

if TYPE_CHECKING:
    from hackatari.benchmarks.evaluation import EvaluationPlan, Job
    from hackatari.benchmarks.reproduction.studies import RunStore, Study
    from hackatari.benchmarks.results import EpisodeResult
    from hackatari.game import Game

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
    typer.Option("--modif", "-m", help="A modif, such as lazy_enemy or 'flicker(0.5)'; may be given several times."),
]
FamilyName = Annotated[
    str | None, typer.Option("--family", "-f", help=f"Only modifs of this family: {', '.join(FAMILIES)}.")
]
GameName = Annotated[str, typer.Argument(help="Name or ROM id, such as Pong or space_invaders.")]
Seed = Annotated[int, typer.Option("--seed", help="Seeds everything that is random.")]


def the_game(name: str) -> Game:
    """Return a game, or end the command if there is none of that name."""
    try:
        return find_game(name)
    except ValueError as error:
        fail(error)


def checked(game: Game, modifs: Sequence[str]) -> tuple[str, ...]:
    """Return the modifs, or end the command if the game does not have one of them."""
    try:
        return tuple(modif.name for modif in game.select(modifs))
    except ValueError as error:
        fail(error)


def of_family(modifs: Iterable[Modif], family: str | None) -> list[Modif]:
    """Return the modifs of a family, or all, or end the command if there is no such family."""
    if family is not None and family not in FAMILIES:
        fail(f"There is no family {family!r}.{did_you_mean(family, FAMILIES)} Families: {', '.join(FAMILIES)}.")
    return [modif for modif in modifs if family in (None, modif.family)]


@app.command("list")
def list_games(
    game: Annotated[str | None, typer.Argument(help="Show the modifs of this game; default: all games.")] = None,
    family: FamilyName = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, with counts.")] = False,
) -> None:
    """List the games and their modifs."""
    games = [the_game(game)] if game else [GAMES.get(rom) or find_game(rom) for rom in rom_ids()]
    for_every_game = of_family(EVERY_GAME.modifs.values(), family)
    if as_json:
        typer.echo(json.dumps(catalogue(games, family), indent=2))
        return
    out = Console()
    if game is None:
        table = Table("Game", "Env ID", "Modifs", caption=f"and {len(for_every_game)} modifs for every game")
        for g in games:
            table.add_row(g.name, f"HackAtari/{g.name}-v0", str(len(of_family(g.modifs.values(), family)) or "-"))
        out.print(table)
        return
    for title, modifs in ((games[0].name, of_family(games[0].modifs.values(), family)), ("Every game", for_every_game)):
        table = Table("Modif", "Family", "Random", "What changes", title=title)
        for modif in modifs:
            table.add_row(modif.signature, modif.family, "yes" if modif.random else "", modif.summary)
        if modifs:
            out.print(table)


def catalogue(games: Sequence[Game], family: str | None) -> dict[str, Any]:
    """Return what there is as JSON values: counts, games with their modifs, and the modifs for every game."""
    described: list[dict[str, Any]] = [
        {
            "game": game.name,
            "rom": game.rom,
            "env_id": f"HackAtari/{game.name}-v0",
            "objects": list(game.objects),
            "modifs": [
                {"env_id": variant_id(game.name, modif.name), **describe(modif)}
                for modif in of_family(game.modifs.values(), family)
            ],
        }
        for game in games
    ]
    modifs = [modif for game in described for modif in game["modifs"]]
    names = {game.rom for game in games}
    return {
        "counts": {
            "games": len(games),
            "games_with_data_sheet": sum(game.rom in GAMES for game in games),
            "games_with_modifs": sum(bool(game["modifs"]) for game in described),
            "modifs": len(modifs),
            "modifs_by_family": {name: sum(modif["family"] == name for modif in modifs) for name in FAMILIES},
            "modifs_for_every_game": len(of_family(EVERY_GAME.modifs.values(), family)),
            "env_ids": sum(
                spec.namespace == "HackAtari" and spec.kwargs.get("game") in names for spec in gym.registry.values()
            ),
        },
        "games": described,
        "every_game": [describe(modif) for modif in of_family(EVERY_GAME.modifs.values(), family)],
    }


def describe(modif: Modif) -> dict[str, Any]:
    """Return a modif's declaration as JSON values."""
    return {
        "name": modif.name,
        "signature": modif.signature,
        "family": modif.family,
        "random": modif.random,
        "hooks": modif.hooks,
        "writes": modif.writes,
        "doc": modif.doc,
    }


@app.command()
def show(
    game: GameName,
    modif: Modifs = None,
    family: FamilyName = None,
    every_game: Annotated[bool, typer.Option("--every-game", help="Show the modifs for every game.")] = False,
    out: Annotated[Path | None, typer.Option("--out", help="The PNG to write; default: GAME.png.")] = None,
    frame: Annotated[int, typer.Option("--frame", min=1, help="Emulated frames since the reset.")] = 300,
    seed: Seed = 0,
) -> None:
    """Write a picture of the game and each of its variants at the same frame.

    By default all modifs of the game are shown, or those for every game if it has none of its own.
    """
    from hackatari.benchmarks.pictures import contact_sheet

    sheet = the_game(game)
    path = out or Path(f"{sheet.rom}.png")
    modifs = modif or [m.name for m in of_family(sheet.modifs.values(), family)]
    if every_game or not modifs:
        modifs += [m.name for m in of_family(EVERY_GAME.modifs.values(), family) if supports(sheet, m)]
    try:
        contact_sheet(path, sheet.rom, checked_each(sheet, modifs), frame, seed=seed)
    except (ValueError, OSError) as error:
        fail(error)
    typer.echo(path)


def supports(game: Game, modif: Modif) -> bool:
    """Whether a game has what a modif for every game needs."""
    try:
        modif.check(game)
    except ValueError:
        return False
    return True


def checked_each(game: Game, modifs: Sequence[str]) -> list[str]:
    """Return the modifs, or end the command if one of them, by itself, cannot be had."""
    return [name for modif in modifs for name in checked(game, [modif])]


@app.command()
def play(
    game: GameName,
    modif: Modifs = None,
    seed: Seed = 0,
    zoom: Annotated[float, typer.Option("--zoom", min=1, help="Pixels of the window per pixel of the game.")] = 4,
    fps: Annotated[int, typer.Option("--fps", min=1, help="Frames per second.")] = 60,
) -> None:
    """Play a variant with the keyboard: W A S D move, space fires, escape ends."""
    sheet = the_game(game)
    modifs = checked(sheet, modif or ())
    try:
        from gymnasium.utils.play import play as play_env
    except ImportError as error:
        fail(f"Playing needs pygame ({error}): pip install 'hackatari-suite[play]'")

    env = gym.make(
        f"HackAtari/{sheet.name}-v0",
        modifs=list(modifs),
        frameskip=1,
        repeat_action_probability=0.0,
        full_action_space=True,
        render_mode="rgb_array",
    )
    play_env(env, fps=fps, zoom=zoom, seed=seed)


@app.command()
def train(
    algorithm: Annotated[str, typer.Argument(help="PPO, DQN, CenteredDQN, QRDQN, ...: any of SB3, sb3-contrib, ours.")],
    env_id: Annotated[str, typer.Argument(help="An env ID, such as HackAtari/Pong-v0.")],
    steps: Annotated[int, typer.Option("--steps", min=1, help="Agent steps, summed over all envs.")] = 1_000_000,
    seed: Seed = 0,
    n_envs: Annotated[int, typer.Option("--n-envs", min=1, help="Envs stepped at once, on all cores.")] = 8,
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
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with OUT/model.zip; -p replaces what was saved.")
    ] = False,
    slim: Annotated[bool, typer.Option("--slim", help="Save the final model without optimizer moments.")] = False,
    tensorboard: Annotated[bool, typer.Option("--tensorboard/--no-tensorboard", help="Write TensorBoard logs.")] = True,
    device: Annotated[str, typer.Option("--device", help="cpu, cuda or auto.")] = "auto",
) -> None:
    """Train an agent; Atari games are preprocessed as SB3 does (84x84 grey, 4 frames, rewards clipped)."""
    from hackatari.benchmarks.cpu_tuning import tune_process

    tune_process()
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


@app.command()
def evaluate(
    checkpoints: Annotated[
        list[Path] | None, typer.Argument(metavar="[CHECKPOINT]...", help="Default: the one that ships for the game.")
    ] = None,
    game: Annotated[str, typer.Option("--game", "-g", help="Game, such as pong.")] = "pong",
    modif: Modifs = None,
    variant: Annotated[
        list[str] | None,
        typer.Option("--variant", "-v", help="A variant: one modif, or several joined by +. May be given often."),
    ] = None,
    all_variants: Annotated[bool, typer.Option("--all-variants", help="Each modif of the game by itself.")] = False,
    every_game: Annotated[
        bool, typer.Option("--every-game", help="Each modif for every game by itself, such as mirror.")
    ] = False,
    episodes: Annotated[int, typer.Option("--episodes", min=1, help="Episodes per variant.")] = 10,
    seed: Seed = 0,
    deterministic: Annotated[
        bool, typer.Option("--deterministic/--stochastic", help="Most probable action, or sampled.")
    ] = False,
    frameskip: Annotated[
        int | None, typer.Option("--frameskip", min=1, help="Frames per agent step; default: the checkpoint's.")
    ] = None,
    sticky: Annotated[
        float | None, typer.Option("--sticky", min=0, max=1, help="Sticky actions; default: the checkpoint's.")
    ] = None,
    noop_max: Annotated[
        int | None, typer.Option("--noop-max", min=0, help="No-ops at the start; default: the checkpoint's.")
    ] = None,
    mode: Annotated[int | None, typer.Option("--mode", help="ALE game mode.")] = None,
    difficulty: Annotated[int | None, typer.Option("--difficulty", help="ALE difficulty.")] = None,
    policy: Annotated[
        str | None, typer.Option("--policy", help="Adapter module:factory for checkpoints of other libraries.")
    ] = None,
    trust: Annotated[
        bool, typer.Option("--trust", help="Let code in the checkpoint run. Only for files you trust.")
    ] = False,
    workers: Annotated[int | None, typer.Option("--workers", min=1, help="Processes; default: one per core.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder of the results; default: reports/GAME.")] = None,
) -> None:
    """Evaluate agents on the unmodified game and on variants, and write a report.

    Results are kept episode by episode in OUT/episodes.jsonl: the same command goes on where it was interrupted.
    """
    sheet = the_game(game)
    single = [(name,) for name in sheet.modifs] if all_variants else []
    single += [(m.name,) for m in EVERY_GAME.modifs.values() if supports(sheet, m)] if every_game else []
    named = [checked(sheet, split_variant(name)) for name in variant or ()]
    variants = list(dict.fromkeys([(), *single, *named, checked(sheet, modif or ())]))
    folder = out or Path("reports") / sheet.rom
    check_writable(folder)

    with messages.status("Loading checkpoints"):
        from hackatari.benchmarks.evaluation import Checkpoint, EvaluationPlan, plan_jobs
        from hackatari.benchmarks.results import ResultStore

        files = checkpoints or [shipped_checkpoint(sheet)]
        overrides = {"frameskip": frameskip, "repeat_action_probability": sticky, "noop_max": noop_max}
        env_kwargs = {"mode": mode, "difficulty": difficulty}
        try:
            plan = EvaluationPlan(
                checkpoints=[Checkpoint(path, policy, trust) for path in files],
                game=sheet.rom,
                variants=variants,
                episodes=episodes,
                seed=seed,
                deterministic=deterministic,
                overrides={name: value for name, value in overrides.items() if value is not None},
                env_kwargs={name: value for name, value in env_kwargs.items() if value is not None},
            )
            jobs = plan_jobs(plan)
            store = ResultStore(folder)
        except (ValueError, OSError) as error:
            fail(error)
    results = play_jobs(jobs, store, workers or os.cpu_count() or 1)
    write_results(folder, plan, results)


def check_writable(folder: Path) -> None:
    """End the command if files cannot be written to a folder; make it if it does not exist."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        fail(f"Results cannot be written to {folder}: {error.strerror}. Choose another folder with --out.")


def shipped_checkpoint(game: Game) -> Path:
    """Return the checkpoint that ships with the package for a game, or end the command if there is none."""
    folder = Path(str(resources.files("hackatari.benchmarks") / "checkpoints"))
    path = folder / f"{game.rom}.zip"
    if not path.exists():
        available = ", ".join(sorted(file.stem for file in folder.glob("*.zip")))
        fail(f"No checkpoint ships for {game.name}, only for {available}; give the path of one.")
    return path


def play_jobs(jobs: Sequence[Job], store: Any, workers: int) -> list[EpisodeResult]:
    """Play what the store does not have yet, with a progress bar."""
    from hackatari.benchmarks.evaluation import evaluate as play_all
    from hackatari.vector_processes import WorkerDiedError

    done = sum(store.get(job.spec.key()) is not None for job in jobs)
    if done:
        messages.print(f"{done} of {len(jobs)} episodes are in {store.path} already.", highlight=False)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=messages) as progress:
        task = progress.add_task("Episodes", total=len(jobs), completed=done)
        try:
            return play_all(jobs, store, workers, on_result=lambda _: progress.advance(task))
        except (KeyboardInterrupt, WorkerDiedError) as error:
            progress.stop()
            finished = sum(store.get(job.spec.key()) is not None for job in jobs)
            fail(
                f"{str(error) or 'Interrupted.'} {finished} of {len(jobs)} episodes are in {store.path}; "
                "the same command goes on from there.",
                code=1,
            )


def write_results(folder: Path, plan: EvaluationPlan, results: list[EpisodeResult]) -> None:
    """Write report, plot, CSV and JSON, and print the table."""
    from hackatari.benchmarks.pictures import variant_frames
    from hackatari.benchmarks.provenance import versions
    from hackatari.benchmarks.report import write_plot, write_report
    from hackatari.benchmarks.results import summarise, variant_label, write_csv, write_json

    game = find_game(plan.game)
    summaries = summarise(results, seed=plan.seed)
    metadata = {
        "command": shlex.join(["hackatari", *sys.argv[1:]]),
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "seed": plan.seed,
        "seeds": sorted({result.seed for result in results}),
        "versions": versions(),
        "variants": {
            variant_label(variant): "\n\n".join(game.find_modif(name).doc for name in variant)
            for variant in plan.variants
        },
    }
    with messages.status("Writing the report"):
        frames = {
            variant_label(variant): variant_frames(game.rom, variant, at=(150, 300, 450), seed=plan.seed)
            for variant in plan.variants
        }
        write_report(folder / "report.html", summaries, results, metadata, frames)
        write_plot(folder / "plot.png", summaries, results)
        write_csv(folder / "summary.csv", summaries)
        write_json(folder / "summary.json", summaries, metadata)
    Console().print(results_table(game, summaries))
    typer.echo(f"Report: {folder / 'report.html'}")


def results_table(game: Game, summaries: Sequence[Any]) -> Table:
    """Return the table that the terminal shows."""
    several = len({summary.checkpoint for summary in summaries}) > 1
    columns = ["Variant", "n", "Mean", "IQM [95 % interval]", "HNS", "Change"]
    table = Table(*(["Checkpoint"] * several), *columns, title=game.name)
    for s in summaries:
        interval = f" [{s.iqm_low:.1f}, {s.iqm_high:.1f}]" if s.iqm_low is not None else ""
        table.add_row(
            *([s.checkpoint] * several),
            s.variant,
            str(s.episodes),
            f"{s.mean:.1f}",
            f"{s.iqm:.1f}{interval}",
            "-" if s.human_normalised_score is None else f"{s.human_normalised_score:.2f}",
            "-" if s.relative_change is None else f"{s.relative_change:+.0%}",
        )
    return table


@app.command()
def reproduce(
    name: Annotated[str, typer.Argument(help="reward-centering or weight-clipping.")],
    quick: Annotated[bool, typer.Option("--quick", help="A small version, too small to decide much.")] = False,
    only: Annotated[
        list[str] | None, typer.Option("--only", help="Play only this study; may be given several times.")
    ] = None,
    workers: Annotated[int | None, typer.Option("--workers", min=1, help="Processes; default: one per core.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder of results and page; default: reports/NAME[-quick].")
    ] = None,
    seed: Seed = 0,
) -> None:
    """Repeat the experiments of a paper and write a page that says which of its claims held.

    Results are kept run by run in OUT/runs.jsonl: the same command goes on where it was interrupted. The page has all
    studies that have been played in full.
    """
    from hackatari.benchmarks.reproduction.studies import find_studies, select_studies

    folder = out or Path("reports") / (f"{name}-quick" if quick else name)
    try:
        studies = find_studies(name, quick, seed)
        selected = select_studies(studies, only or ())
        check_writable(folder)
        play_studies(selected, folder, workers or os.cpu_count() or 1)
    except (ValueError, OSError) as error:
        fail(error)
    options = [*(["--quick"] if quick else []), *(["--seed", str(seed)] if seed else [])]
    write_reproduction(folder, name, studies, ["hackatari", "reproduce", name, *options])


def play_studies(studies: Sequence[Study], folder: Path, workers: int) -> None:
    """Play the runs that the folder does not have yet, with a progress bar for each study."""
    from hackatari.benchmarks.reproduction.studies import RunError, RunStore, run_studies

    store = RunStore(folder)
    messages.print(f"{kept_runs(studies, store)}.", highlight=False)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=messages) as progress:
        bars = {
            study.name: progress.add_task(study.title, total=len(study.runs), completed=len(store.results(study)))
            for study in studies
        }
        try:
            run_studies(studies, folder, workers, on_result=lambda result: progress.advance(bars[result.run.study]))
        except (KeyboardInterrupt, RunError) as error:
            progress.stop()
            reason = "Interrupted." if isinstance(error, KeyboardInterrupt) else escape(str(error))
            fail(f"{reason} {kept_runs(studies, RunStore(folder))}; the same command goes on from there.", code=1)


def kept_runs(studies: Sequence[Study], store: RunStore) -> str:
    """Say how many runs of these studies have been played."""
    played, needed = sum(len(store.results(study)) for study in studies), sum(len(study.runs) for study in studies)
    return f"{played} of {needed} runs are in {store.path}"


def write_reproduction(folder: Path, name: str, studies: Sequence[Study], command: Sequence[str]) -> None:
    """Write the page about the studies of which all runs are in the folder, and print the claims."""
    from hackatari.benchmarks.provenance import versions
    from hackatari.benchmarks.reproduction.page import write_page
    from hackatari.benchmarks.reproduction.studies import RunStore

    store = RunStore(folder)
    played = [study for study in studies if store.complete(study)]
    results = [result for study in played for result in store.results(study)]
    metadata = {
        "command": shlex.join(command),
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "runs": len(results),
        "computing_time": f"{sum(result.seconds for result in results) / 60:.1f} minutes of one core",
        "versions": versions(),
    }
    with messages.status("Writing the page"):
        sections = [
            replace(study.describe(store.results(study)), command=shlex.join([*command, "--only", study.name]))
            for study in played
        ]
        write_page(folder, f"Reproduction: {name.replace('-', ' ')}", sections, metadata)
    table = Table("Claim", "Outcome", "Figure")
    for claim in (claim for section in sections for claim in section.claims):
        table.add_row(escape(claim.text), claim.outcome, escape(claim.figure))
    Console().print(table)
    typer.echo(f"Page: {folder / 'index.html'}")


@app.command("bench-vector")
def bench_vector(
    num_envs: Annotated[
        list[int] | None, typer.Option("--num-envs", min=1, help="Number of sub-envs; default: 1, 8, 16 and 32.")
    ] = None,
    game: Annotated[list[str] | None, typer.Option("--game", "-g", help="Default: all eight.")] = None,
    name: Annotated[list[str] | None, typer.Option("--name", help="Which vector env; default: all.")] = None,
    rounds: Annotated[int, typer.Option("--rounds", min=2, help="Turns of all vector envs.")] = 9,
    turn: Annotated[float, typer.Option("--turn", min=0.001, help="Seconds of a turn of AtariVectorEnv.")] = 0.3,
    out: Annotated[Path | None, typer.Option("--out", help="Folder of throughput.json and throughput.png.")] = None,
) -> None:
    """Measure vector envs on eight games in alternation: ours, ALE's, Gymnasium's, SB3's, and EnvPool if installed."""
    from hackatari.benchmarks.files import atomic_write
    from hackatari.benchmarks.throughput import (
        PATCHES,
        Throughput,
        contenders,
        geometric_means,
        measure_throughput,
        throughput_json,
    )
    from hackatari.benchmarks.throughput_plot import throughput_png

    games = [the_game(g).rom for g in game or PATCHES]
    for g in games:
        if g not in PATCHES:
            fail(f"{g} is not measured.{did_you_mean(g, PATCHES)} Games: {', '.join(PATCHES)}.")
    for n in name or ():
        if n not in (known := contenders(games[0], 1)):
            fail(f"There is no vector env {n!r}.{did_you_mean(n, known)} Known: {'; '.join(known)}.")
    if out:
        check_writable(out)
    sizes = num_envs or [1, 8, 16, 32]
    found: list[Throughput] = []
    with Progress(console=messages) as progress:
        task = progress.add_task("Measuring", total=rounds * len(games) * len(sizes))
        for size in sizes:
            for g in games:
                found += measure_throughput(g, size, rounds, turn, name, on_round=lambda: progress.advance(task))
                if out:  # what has been measured outlives an interruption
                    atomic_write(out / "throughput.json", throughput_json(found))
    table = Table("Sub-envs", "Game", "Vector env", "Steps/s", "Ratio to AtariVectorEnv [quartiles]")
    for t in found:
        ratio = f"{t.ratio:.2f} [{t.ratio_low:.2f}, {t.ratio_high:.2f}]"
        table.add_row(str(t.num_envs), t.game, t.name, f"{t.steps_per_second:,.0f}", ratio)
    for (n, size), mean in geometric_means(found).items():
        table.add_row(str(size), "geometric mean", n, "", f"{mean:.2f}")
    Console().print(table)
    if out:
        atomic_write(out / "throughput.png", throughput_png(found))


@app.command("check-objects")
def check_objects(
    game: Annotated[str | None, typer.Argument(help="The game; default: all with a data sheet.")] = None,
    frames: Annotated[int, typer.Option("--frames", min=1, help="Frames to compare, 4 emulated frames apart.")] = 500,
    seed: Seed = 0,
    out: Annotated[Path | None, typer.Option("--out", help="Write the figures as JSON.")] = None,
) -> None:
    """Compare the objects that the data sheets know with the picture, over random play."""
    from hackatari.benchmarks import object_check
    from hackatari.benchmarks.files import atomic_write

    games = [the_game(game)] if game else [g for g in GAMES.values() if g.objects]
    found = {}
    with Progress(console=messages) as progress:
        for g in progress.track(games, description="Comparing"):
            found[g.name] = object_check.check_objects(g.rom, frames, seed)
    table = Table("Game", "Category", "Boxes", "With its colour inside")
    for name, checks in found.items():
        for category, check in checks.items():
            table.add_row(name, category, f"{check.present:,}", f"{check.share:.1%}" if check.present else "never seen")
    Console().print(table)
    if out:
        figures = {name: {c: asdict(check) for c, check in checks.items()} for name, checks in found.items()}
        atomic_write(out, json.dumps(figures, indent=2))


@app.command()
def bench(
    slowest: Annotated[
        bool, typer.Option("--slowest", help="Measure the slowest modif of each game instead of a selection.")
    ] = False,
    out: Annotated[Path | None, typer.Option("--out", help="Write the figures as JSON.")] = None,
    rounds: Annotated[int, typer.Option("--rounds", min=2, help="Turns of native env and variant.")] = 60,
) -> None:
    """Measure what patches cost: frames per second relative to ALE/<Game>-v5, in alternation."""
    from hackatari.benchmarks.files import atomic_write
    from hackatari.benchmarks.overhead import VARIANTS, find_slowest, measure_overhead
    from hackatari.benchmarks.provenance import versions
    from hackatari.benchmarks.results import variant_label

    found = []
    with Progress(console=messages) as progress:
        variants: Sequence[tuple[str, tuple[str, ...]]] = VARIANTS
        if slowest:
            games = [game for game in GAMES.values() if game.modifs]
            task = progress.add_task("Searching", total=sum(len(game.modifs) for game in games))
            variants = [(g.rom, (find_slowest(g.rom, lambda: progress.advance(task)),)) for g in games]
        task = progress.add_task("Measuring", total=rounds * len(variants))
        for game, modifs in variants:
            found.append(measure_overhead(game, modifs, rounds, on_round=lambda: progress.advance(task)))
    table = Table("Game", "Variant", "Frames/s", "Native", "Ratio [quartiles]")
    for o in found:
        ratio = f"{o.ratio:.3f} [{o.ratio_low:.3f}, {o.ratio_high:.3f}]"
        table.add_row(o.game, variant_label(o.modifs), f"{o.fps:,.0f}", f"{o.native_fps:,.0f}", ratio)
    Console().print(table)
    if out:
        atomic_write(out, json.dumps({"versions": versions(), "overhead": [asdict(o) for o in found]}, indent=2))
