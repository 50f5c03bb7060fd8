"""Which reports prove which wish. Pure: from the plan and the legs as they are now."""

from collections.abc import Mapping
from typing import Any, Protocol


class Seen(Protocol):
    """What a leg shows of itself."""

    @property
    def ended_at(self) -> Any: ...


def proved(proof: Mapping[str, Any], legs: Mapping[str, Seen]) -> bool:
    """True when the effect that the plan promised was reported.

    `proof` as the plan stored it: `{"ended": [sid, …]}` – these legs are terminal. A leg that we never heard of proves
    nothing, and an empty promise is never kept.
    """
    promised = proof.get("ended", [])
    return bool(promised) and all(sid in legs and legs[sid].ended_at is not None for sid in promised)
