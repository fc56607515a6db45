"""The row that everything else is made of: one `Record` per (setting, task, clip, metric)."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from typing import Any

import pyarrow as pa

from codecmark.core.scores import Answer, Failure, NotApplicable, Score, Unavailable

RECORDS_SCHEMA = 1


class Status(StrEnum):
    OK = "ok"
    FAILED = "failed"
    NOT_APPLICABLE = "not_applicable"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One answer of one metric for one clip under one setting of a model.

    `value` and `weight` are set only where `status` is ok; elsewhere `reason` says why, and `kind` is a short word to
    count failures by. `detail` is JSON. `output_key` and `metric_key` say what the value depends on: a row is present
    when both are the wanted ones. `output_sha256` hashes the decoded samples. `weights` is the state of the model's
    weights. `flag` marks a row to be read with care. A row of a later `attempt` supersedes an earlier one.
    """

    task: str
    setting: str
    clip: str
    metric: str
    status: Status
    value: float | None = None
    weight: float = 1.0
    kind: str = ""
    reason: str = ""
    detail: str = "{}"
    output_key: str
    metric_key: str
    output_sha256: str = ""
    weights: str = "none"
    flag: str = ""
    attempt: int = 1

    def answered(self, answer: Answer) -> Record:
        """This row with that answer in it; a score that is not finite becomes a failure."""
        match answer:
            case Score() if not math.isfinite(answer.value):
                return self.answered(Failure("score", "not_finite", f"the metric gave {answer.value}"))
            case Score():
                detail = _json(answer.detail)
                return replace(
                    self, status=Status.OK, value=float(answer.value), weight=float(answer.weight), detail=detail
                )
            case Failure():
                return replace(self, status=Status.FAILED, kind=answer.kind, reason=answer.reason)
            case NotApplicable():
                return replace(self, status=Status.NOT_APPLICABLE, reason=answer.reason, detail=_json(answer.detail))
            case Unavailable():
                return replace(self, status=Status.UNAVAILABLE, reason=answer.reason)


def _json(detail: Any) -> str:
    return json.dumps(detail, sort_keys=True, ensure_ascii=False)


_ARROW = {"float | None": pa.float64(), "float": pa.float64(), "int": pa.int32(), "str": pa.string()}
SCHEMA = pa.schema(
    [(field.name, _ARROW.get(str(field.type), pa.string())) for field in fields(Record)],
    metadata={"codecmark_schema": str(RECORDS_SCHEMA)},
)


def to_arrow(records: list[Record]) -> pa.Table:
    """The records as an Arrow table of `SCHEMA`."""
    return pa.Table.from_pylist([asdict(record) for record in records], schema=SCHEMA)
