"""The run folder that tests/publish makes; a test module cannot import another room's conftest by name."""

import importlib.util
import sys
from pathlib import Path

_SPEC = importlib.util.spec_from_file_location("made_up_run", Path(__file__).parents[1] / "publish" / "conftest.py")
assert _SPEC is not None
assert _SPEC.loader is not None
_MODULE = importlib.util.module_from_spec(_SPEC)
sys.modules["made_up_run"] = _MODULE  # dataclasses look their module up there
_SPEC.loader.exec_module(_MODULE)

run = _MODULE.run
