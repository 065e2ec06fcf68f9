"""The console script, and `python -m textclf`."""

import os
import sys
from typing import NoReturn

from textclf import streams
from textclf.cli import main


def run() -> NoReturn:
    """Run the command line, and leave."""
    try:
        main(prog_name="textclf")
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 0
    streams.drop_unwritten()
    if "tensorflow" not in sys.modules:
        sys.exit(code)
    # TensorFlow's threads may still ask for data from Python: taking the interpreter down under
    # them hangs now and then. All files are closed and synced by now.
    os._exit(code)


if __name__ == "__main__":
    run()
