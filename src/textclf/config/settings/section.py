"""What every section of a config has in common."""

from pydantic import BaseModel, ConfigDict

MAX_SEED = 2**32 - 1  # the largest seed of numpy.random.RandomState


class Settings(BaseModel):
    """One section of a config: unknown keys and lenient types are errors."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)
