"""Print what every type of strategy is and takes, as JSON: ``python -m strategies``.

In:  the registry.
Out: JSON on stdout: per type its name, what it does, and the JSON Schema of its parameters and of
     the risk parameters. The dashboard's forms are made of it (`web/lib/strategy-types.json`,
     which a test holds equal to this output).
Next: `core/parameters.py`, where a field of a dataclass becomes a schema.
"""

import argparse
import importlib
import inspect
import json
import sys

from core.parameters import json_schema
from core.risk_parameters import RiskParameters
from strategies import REGISTRY, risk_defaults, schema


def described() -> dict[str, object]:
    """Return the types with their schemas, and the schema of the risk parameters."""
    return {
        "types": [
            {
                "name": each.name,
                "summary": _summary(each.module_path),
                "brings_code": each.brings_code,
                "parameters": schema(each.name),
                "risk_defaults": risk_defaults(each.name, {}),
            }
            for each in REGISTRY.values()
        ],
        "risk_parameters": json_schema(RiskParameters),
    }


def _summary(module_path: str) -> str:
    """Return the first paragraph of a module's docstring, on one line."""
    text = inspect.getdoc(importlib.import_module(module_path)) or ""
    return " ".join(text.partition("\n\n")[0].split())


def main() -> int:
    """Print the description; return the exit code."""
    argparse.ArgumentParser(prog="python -m strategies", description=__doc__).parse_args()
    json.dump(described(), sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
