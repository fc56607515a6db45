"""This machine: one lane in this process, several lanes in a child process each."""

from __future__ import annotations

import os
from collections.abc import Sequence
from multiprocessing.connection import Connection, wait
from typing import Any

from codecmark.core.child import Child, threads
from codecmark.core.contracts import Lane, LaneReport, Reports
from codecmark.core.errors import CodecmarkError
from codecmark.core.plugins import ExecutorPlugin


class LocalExecutor:
    """Runs lanes here. A lane whose process dies reports an error; the others go on."""

    def run(self, lanes: Sequence[Lane]) -> Reports:
        if len(lanes) == 1:
            return lanes[0].work()
        return self._apart(lanes)

    def _apart(self, lanes: Sequence[Lane]) -> Reports:
        environment = _shared_cores(lanes)
        children = {lane.index: Child("codecmark.executors.local:serve", environment) for lane in lanes}
        try:
            for lane in lanes:
                children[lane.index].connection.send(lane)
            open_connections = {child.connection: index for index, child in children.items()}
            while open_connections:
                for ready in wait(list(open_connections)):
                    assert isinstance(ready, Connection)
                    report = self._receive(ready, open_connections[ready], children)
                    if report is None or report.error is not None:
                        del open_connections[ready]
                    if report is not None:
                        yield report
        finally:
            for child in children.values():
                child.close()

    def _receive(self, ready: Connection[Any, Any], index: int, children: dict[int, Child]) -> LaneReport | None:
        try:
            message: LaneReport | CodecmarkError | None = ready.recv()
        except (EOFError, OSError):
            ending = children[index].ending()
            return LaneReport(lane=index, what="died", error=f"lane {index} {ending}: run the same command again")
        if isinstance(message, CodecmarkError):
            raise message
        return message


def _shared_cores(lanes: Sequence[Lane]) -> dict[str, str]:
    """Environment in which lanes on the CPU share its cores, unless the user has said how many threads there are."""
    abreast = sum(lane.device == "cpu" for lane in lanes)
    if abreast < 2 or "OMP_NUM_THREADS" in os.environ:
        return {}
    return threads(max(1, (os.cpu_count() or 1) // abreast))


def serve(connection: Connection[Any, Any]) -> None:
    """The life of a lane's process: do its work, send every report, then None."""
    lane: Lane = connection.recv()
    try:
        for report in lane.work():
            connection.send(report)
    except CodecmarkError as error:
        connection.send(CodecmarkError(str(error)))
    else:
        connection.send(None)


PLUGIN = ExecutorPlugin(name="local", summary="this machine, one lane per device", open=LocalExecutor)
