"""The settings of a house whose channel layer fails at every word."""

from callcenter.settings import *  # noqa: F403
from tests.lossy import LossyLayer

CHANNEL_LAYERS = {"default": {"BACKEND": "tests.intake.bad_layer.BrokenLayer"}}


class BrokenLayer(LossyLayer):
    async def group_send(self, group, message):
        raise ConnectionError("The layer is away.")

    async def group_add(self, group, channel):
        raise ConnectionError("The layer is away.")
