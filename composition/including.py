"""Parts that settings may leave out: each is a module in this folder, and is loaded when settings name it.

A library that nobody uses would take its megabytes in every process: the one for S3 alone takes a quarter of all.
"""

from importlib import import_module
from typing import Any


def included(name: str) -> Any:
    return import_module(f"composition.{name}")
