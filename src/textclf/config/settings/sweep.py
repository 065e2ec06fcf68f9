"""The `sweep` section: which settings a sweep varies, and how it searches."""

from typing import Annotated, Any, Literal

from pydantic import Field

from textclf.config.settings.section import Settings

MAX_TRIALS = 100_000
MAX_SEEDS = 100


class SweepSettings(Settings):
    """What `textclf sweep` does with a config; `textclf train` does not read it."""

    set: dict[str, Any] = Field(
        {},
        description="the settings to vary, by their dotted paths, each with a list of choices or a "
        "range such as 1e-4..1e-2",
        examples=[{"model.units": [8, 16, 32], "training.learning_rate": "1e-4..1e-2"}],
    )
    trials: int | None = Field(
        None,
        ge=1,
        le=MAX_TRIALS,
        description="number of trials; null: all of a grid of at most 50, else 50",
    )
    search: Literal["grid", "random", "tpe"] | None = Field(
        None,
        description="grid: every combination; random; tpe: more where scores were good; null: grid "
        "where all settings have choices and there are enough trials, else tpe",
    )
    prune: Literal["none", "median", "asha"] = Field(
        "none",
        description="which trials are stopped early: none; median: those below the median of the "
        "others at that epoch; asha: all but the best third after a ninth and a third of the "
        "epochs",
    )
    seeds: int = Field(
        1, ge=1, le=MAX_SEEDS, description="models of each trial, whose mean score decides"
    )
    fresh_seeds: int | None = Field(
        None,
        ge=0,
        le=MAX_SEEDS,
        description="models of the best trial and of the runner-up that are trained in the end, "
        "with seeds that no trial used, to say whether they differ by more than seed noise; 0: "
        "none; null: enough to say so, 5 to 10",
    )
    time: Annotated[str, Field(pattern=r"^\d{1,6}(\.\d{1,3})?[smhd]$")] | None = Field(
        None, description="after which no trial is begun, such as 90m or 2h; null: no limit"
    )
    keep: Literal["best", "all"] = Field(
        "all", description="whose checkpoints are kept: of the best trial alone, or of all trials"
    )
