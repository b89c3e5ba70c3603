"""Many visitors without many browsers: a session of the app over its own WebSocket protocol."""

from __future__ import annotations

from dataclasses import dataclass, field

from patience import WAIT_S
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect


@dataclass
class Session:
    """What one visitor sees: figures by label, sliders by label, and whatever went wrong."""

    socket: ClientConnection
    query: str
    page: str
    figures: dict[str, str] = field(default_factory=dict)
    sliders: dict[str, str] = field(default_factory=dict)
    values: dict[str, float] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    async def run(self) -> None:
        """Ask for a run with the sliders as they are, and read until it ends."""
        message = BackMsg()
        state = message.rerun_script
        state.query_string, state.page_name = self.query, self.page
        for label, value in self.values.items():
            widget = state.widget_states.widgets.add(id=self.sliders[label])
            widget.double_array_value.data.append(value)
        await self.socket.send(message.SerializeToString())
        await self._read()

    async def _read(self) -> None:
        while True:
            message = ForwardMsg()
            message.ParseFromString(await self.socket.recv())
            kind = message.WhichOneof("type")
            if kind == "delta" and message.delta.WhichOneof("type") == "new_element":
                self._see(message.delta.new_element)
            elif kind == "page_info_changed":
                self.query = message.page_info_changed.query_string
            elif kind == "page_not_found":
                self.problems.append("page not found")
            elif kind == "script_finished":
                # A run that was overtaken by a new one (st.rerun) is followed by its successor.
                if message.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    continue
                if message.script_finished != ForwardMsg.FINISHED_SUCCESSFULLY:
                    self.problems.append(f"script finished with {message.script_finished}")
                return

    def _see(self, element) -> None:
        kind = element.WhichOneof("type")
        if kind == "metric":
            self.figures[element.metric.label] = element.metric.body
        elif kind == "slider":
            self.sliders[element.slider.label] = element.slider.id
        elif kind == "exception":
            self.problems.append(f"exception: {element.exception.message}")
        elif kind == "alert":
            self.problems.append(f"alert: {element.alert.body}")


async def open_session(base: str, page: str, query: str) -> Session:
    """A new visitor who has come by this page's address; its first run is over."""
    address = base.replace("http://", "ws://") + "/_stcore/stream"
    socket = await connect(
        address,
        subprotocols=["streamlit"],
        origin=base,
        max_size=64 * 2**20,
        compression=None,
        open_timeout=WAIT_S,
        ping_timeout=None,
    )
    session = Session(socket, query, page)
    await session.run()
    return session
