import sys

try:
    from .cli import main
except ModuleNotFoundError as missing:
    if missing.name not in ("aiohttp", "uvicorn", "yarl"):
        raise
    sys.exit(f"simulator: {missing.name} is not installed. What it needs: python -m pip install aiohttp uvicorn")

sys.exit(main())
