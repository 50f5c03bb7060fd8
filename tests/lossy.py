"""A channel layer as bad as a layer may be: it loses, repeats and swaps what it is given, by a seed."""

from random import Random
from typing import Any

from channels.layers import BaseChannelLayer
from django.utils.module_loading import import_string


class LossyLayer(BaseChannelLayer):
    """Around any other layer, `inner` = (dotted name, its configuration). `loss`, `repeats`, `swaps`: 0 to 1."""

    def __init__(
        self,
        inner: tuple[str, dict[str, Any]] = ("channels.layers.InMemoryChannelLayer", {}),
        *,
        loss: float = 0,
        repeats: float = 0,
        swaps: float = 0,
        seed: int = 0,
    ) -> None:
        super().__init__()
        name, how = inner
        self.inner = import_string(name)(**how)
        self.loss, self.repeats, self.swaps, self.rng = loss, repeats, swaps, Random(seed)
        self.kept: tuple[str, dict[str, Any]] | None = None
        self.given = self.passed = 0

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        self.given += 1
        if self.rng.random() < self.loss:
            return
        kept, self.kept = self.kept, None
        if kept is None and self.rng.random() < self.swaps:
            self.kept = (group, message)  # overtaken by the next one; if none comes it is lost
            return
        for one in ((group, message), kept):
            if one is not None:
                for _ in range(2 if self.rng.random() < self.repeats else 1):
                    self.passed += 1
                    await self.inner.group_send(*one)

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        await self.inner.send(channel, message)

    async def receive(self, channel: str) -> dict[str, Any]:
        message: dict[str, Any] = await self.inner.receive(channel)
        return message

    async def new_channel(self, *prefix: str) -> str:
        name: str = await self.inner.new_channel(*prefix)
        return name

    async def group_add(self, group: str, channel: str) -> None:
        await self.inner.group_add(group, channel)

    async def group_discard(self, group: str, channel: str) -> None:
        await self.inner.group_discard(group, channel)
