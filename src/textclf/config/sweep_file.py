"""The space of a sweep: configs and what is varied in them, every point of it checked."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from textclf.config.conflicts import RULES, Conflict
from textclf.config.file import Draft, path_of, read_draft
from textclf.config.messages import keys_by_tag
from textclf.config.recipes import recipe_name
from textclf.config.scores import bare, possible_scores
from textclf.config.settings import Config
from textclf.config.settings.sweep import SweepSettings
from textclf.config.space import Axis, Choices, Range, axis_from_json, axis_of, parse_axis
from textclf.config.strict_yaml import Position
from textclf.errors import ConfigError, UsageError
from textclf.wording import listed

CONFIG = "config"  # the axis of several configs
TYPE = "model.type"
MOST_CHECKED = 1_000  # points; of a larger space all pairs of values are checked
Values = Mapping[str, Any]


@dataclass(frozen=True)
class Space:
    """Configs by name, and the settings that vary.

    Args:
        positions: where the config's sweep section names each value: (key, place of the choice).
    """

    drafts: Mapping[str, Draft]
    axes: Mapping[str, Axis]
    positions: Mapping[tuple[str, int], Position] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {
            "configs": {name: draft.data for name, draft in self.drafts.items()},
            "space": {key: axis.to_json() for key, axis in self.axes.items()},
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any], source: str) -> Space:
        """The space that `to_json` wrote.

        Args:
            source: the file's name, for messages.

        Raises:
            KeyError, TypeError: it is damaged.
        """
        drafts = {name: Draft(source, data, {}) for name, data in content["configs"].items()}
        return cls(drafts, {key: axis_from_json(axis) for key, axis in content["space"].items()})

    @property
    def is_finite(self) -> bool:
        return all(isinstance(axis, Choices) for axis in self.axes.values())

    @property
    def size(self) -> int:
        """The number of combinations of choices, of which some may be the same point."""
        return math.prod(
            len(axis.values) for axis in self.axes.values() if isinstance(axis, Choices)
        )

    def config(self, values: Values) -> Config:
        """The config of a point.

        Raises:
            ConfigError: it is not valid.
        """
        return self.draft(values).check(SWEEP_RULES)

    def draft(self, values: Values) -> Draft:
        """A point's config, not checked yet."""
        draft = self._base(values).copy()
        for key, value in values.items():
            if key != CONFIG:
                draft.choose(key, value, self._position(key, value))
        unknown = self._lacks(values, draft)
        for key in unknown:
            draft.data["model"].pop(key, None)
        return draft

    def canonical(self, values: Values) -> dict[str, Any]:
        """The values without those of keys that the point's type of model does not have."""
        absent = {f"model.{key}" for key in self._lacks(values, self._base(values))}
        return {key: value for key, value in values.items() if key not in absent}

    def grid(self) -> list[dict[str, Any]]:
        """Every point of choices, once; the first axis changes slowest."""
        points: dict[str, dict[str, Any]] = {}
        for values in self._combinations({k: _probes(axis) for k, axis in self.axes.items()}):
            point = self.canonical(values)
            points.setdefault(repr(sorted(point.items())), point)
        return list(points.values())

    def left_out(self) -> list[str]:
        """A line for each key that some of the types do not have."""
        lines: dict[str, list[str]] = {}
        for name, draft in self.drafts.items():
            for kind in self._types(draft):
                values = {CONFIG: name, **({TYPE: kind} if TYPE in self.axes else {})}
                varied = {key for key in self.axes if key.startswith("model.")}
                for key in sorted(self._lacks(values, draft)):
                    if f"model.{key}" in varied or key in _model_of(draft):
                        lines.setdefault(key, []).append(kind)
        return [
            f"model.{key} is left out: {listed(list(dict.fromkeys(kinds)))} models do not have it"
            for key, kinds in sorted(lines.items())
        ]

    def first(self) -> dict[str, Any]:
        """The point of all first choices and low ends."""
        return self.canonical({key: _probes(axis)[0] for key, axis in self.axes.items()})

    def check(self) -> list[Config]:
        """The configs of all points, or of all pairs of values of a large space.

        Raises:
            ConfigError: a line for each problem.
        """
        problems: dict[str, None] = {}
        configs = []
        for values in self._to_check():
            try:
                configs.append(self.config(self.canonical(values)))
            except ConfigError as error:
                problems |= dict.fromkeys(error.messages)
        if problems:
            raise ConfigError(*problems)
        return configs

    def _to_check(self) -> Iterator[dict[str, Any]]:
        probes = {key: _probes(axis) for key, axis in self.axes.items()}
        if math.prod(map(len, probes.values())) <= MOST_CHECKED:
            yield from self._combinations(probes)
            return
        first = {key: values[0] for key, values in probes.items()}
        for one, other in itertools.combinations(probes, 2):
            for pair in self._combinations({one: probes[one], other: probes[other]}):
                yield first | pair

    @staticmethod
    def _combinations(probes: Mapping[str, Sequence[Any]]) -> Iterator[dict[str, Any]]:
        for chosen in itertools.product(*probes.values()):
            yield dict(zip(probes, chosen, strict=True))

    def _base(self, values: Values) -> Draft:
        return self.drafts[values[CONFIG]] if CONFIG in values else next(iter(self.drafts.values()))

    def _position(self, key: str, value: Any) -> Position | None:
        axis = self.axes[key]
        place = axis.values.index(value) if isinstance(axis, Choices) else -1
        return self.positions.get((key, place)) or self.positions.get((key, -1))

    def _types(self, draft: Draft) -> list[str]:
        axis = self.axes.get(TYPE)
        if isinstance(axis, Choices):
            return [str(value) for value in axis.values]
        return [str(_model_of(draft).get("type"))]

    def _lacks(self, values: Values, draft: Draft) -> set[str]:
        """The model's keys that this point's type does not have, but another's of the space."""
        keys = keys_by_tag(("model",))
        kinds = {kind for other in self.drafts.values() for kind in self._types(other)}
        kind = str(values.get(TYPE, _model_of(draft).get("type")))
        if len(kinds) == 1 or kind not in keys:
            return set()
        return set().union(*(keys.get(other, set()) for other in kinds)) - keys[kind]


def _model_of(draft: Draft) -> dict[str, Any]:
    model = draft.data.get("model")
    return model if isinstance(model, dict) else {}


def _probes(axis: Axis) -> tuple[Any, ...]:
    """The values to check: all choices, or a range's ends."""
    return (axis.low, axis.high) if isinstance(axis, Range) else axis.values


# --- what a sweep cannot compare ---------------------------------------------------------------


def _no_validation_rows(config: Config) -> Iterator[Conflict]:
    validation = config.training.validation
    if validation is None:
        yield (
            ("training", "validation"),
            "a sweep compares scores of the validation rows, but validation is null; set it to "
            "{split: shuffled}",
        )
    elif validation.split == "test":
        yield (
            ("training", "validation", "split"),
            "a sweep that validates on the test rows chooses by them, and no rows are left that "
            "say how good the choice is; use {split: shuffled}",
        )


SWEEP_RULES = (*RULES, _no_validation_rows)
# What decides which rows are scored.
ROWS = ("dataset", "training.validation")


def score_of(configs: Sequence[Config]) -> str:
    """The score that decides: what chooses the kept epoch, where it is more than a loss, or else
    the task's metric: 'val_accuracy'."""
    monitors = {config.training.checkpoint.monitor for config in configs}
    if len(monitors) == 1 and bare(monitor := monitors.pop()) != "loss":
        return f"val_{bare(monitor)}"
    return f"val_{possible_scores(configs[0].dataset)[0]}"


def _refuse_other_rows(configs: Sequence[Config], axes: Mapping[str, Axis]) -> None:
    rows = [(config.dataset, config.training.validation) for config in configs]
    if all(one == rows[0] for one in rows):
        return
    varied = [key for key in axes if key.startswith(ROWS)] or ["the configs"]
    raise ConfigError(
        f"{listed(varied)}: trials of other data or validation rows cannot be compared; give all "
        "trials the same dataset and training.validation"
    )


# --- from files and the command line -----------------------------------------------------------


def load_sweep(
    paths: Sequence[str | Path], overrides: Sequence[str] = ()
) -> tuple[Space, SweepSettings, str]:
    """Read configs and what is varied in them, and check the whole space.

    Args:
        paths: files or names of shipped recipes.
        overrides: as of `--set`: one value is for all trials, several or a range are varied.

    Returns:
        The space, the sweep section, or what it is by default, and the score that decides.

    Raises:
        ConfigError: one line with its position for each problem.
    """
    drafts = _read_all(paths)
    given = _given_axes(overrides)
    for draft in drafts.values():
        for override in overrides:
            if _key(override) not in given:
                draft.override(override)
        draft.raise_problems()
    sections = {name: draft.data.pop("sweep", None) for name, draft in drafts.items()}
    axes, positions = _axes_of_section(drafts, sections, {_key(text) for text in overrides})
    several = {CONFIG: Choices(tuple(drafts))} if len(drafts) > 1 else {}
    axes = {**several, **axes, **given}
    space = Space(drafts, axes, positions)
    if not axes:
        name = next(iter(drafts.values())).name
        raise ConfigError(
            f"{name}: nothing to vary; give settings several values, such as "
            "--set model.units=8,16,32, or a sweep section"
        )
    configs = space.check()
    _refuse_other_rows(configs, axes)
    first = next(iter(drafts.values()))
    settings = _settings(first, space, sections[next(iter(drafts))])
    return space, settings, score_of(configs)


def _read_all(paths: Sequence[str | Path]) -> dict[str, Draft]:
    drafts: dict[str, Draft] = {}
    for path in paths:
        name = recipe_name(path)
        if name in drafts:
            raise ConfigError(f"{path}: a second config of the name {name}; rename one")
        drafts[name] = read_draft(path)
    return drafts


def _axes_of_section(
    drafts: Mapping[str, Draft], sections: Mapping[str, Any], overridden: set[str]
) -> tuple[dict[str, Axis], dict[tuple[str, int], Position]]:
    given = [name for name, section in sections.items() if section is not None]
    if len(drafts) > 1 and given:
        raise ConfigError(
            f"{drafts[given[0]].name}: has a sweep section, which is for one config; of several "
            "configs, say with --set what is varied"
        )
    axes: dict[str, Axis] = {}
    positions: dict[tuple[str, int], Position] = {}
    for name in given:
        draft, section = drafts[name], sections[name]
        varied = section.get("set") if isinstance(section, dict) else None
        for key, value in (varied if isinstance(varied, dict) else {}).items():
            if key in overridden:
                continue
            try:
                axes[key] = axis_of(value)
            except UsageError as error:
                draft.refuse_all([(("sweep", "set", key), error.messages[0])])
            for place in range(-1, len(value) if isinstance(value, list) else 0):
                path = ("sweep", "set", key, *([place] if place >= 0 else []))
                if path in draft.positions:
                    positions[key, place] = draft.positions[path]
        draft.raise_problems()
    return axes, positions


def _key(override: str) -> str:
    return override.partition("=")[0].strip()


def _given_axes(overrides: Sequence[str]) -> dict[str, Axis]:
    """What the command line varies; of a key that is given twice, the last one counts."""
    axes: dict[str, Axis] = {}
    for override in overrides:
        key, _, text = override.partition("=")
        axes.pop(key.strip(), None)
        try:
            axis = parse_axis(text)
        except UsageError as error:
            raise ConfigError(f"--set {override}: {error.messages[0]}") from None
        if axis is not None:
            _refuse_key(key.strip(), override)
            axes[key.strip()] = axis
    return axes


def _refuse_key(key: str, override: str) -> None:
    if key == "seed":
        raise ConfigError(
            f"--set {override}: a seed is not a setting to choose; --seeds 3 trains each trial "
            "with three seeds, whose mean decides"
        )
    if key == CONFIG or path_of(key)[0] == "sweep":
        raise ConfigError(f"--set {override}: {key} cannot be varied")


def _settings(draft: Draft, space: Space, section: Any) -> SweepSettings:
    """The sweep section, checked."""
    if section is None:
        return SweepSettings()
    whole = space.draft(space.first())
    whole.positions |= draft.positions
    whole.data["sweep"] = section
    return whole.check_file(SWEEP_RULES).sweep or SweepSettings()
