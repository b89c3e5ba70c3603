"""The files beside the database: copies of snapshots and of the catalog, for speed and for the
moments in which another process holds it."""

from __future__ import annotations

from pathlib import Path

from engine.store import catalog as catalogs
from engine.store import snapshots
from engine.store.catalog import UniverseInfo


def publish(
    directory: Path,
    universes: tuple[UniverseInfo, ...],
    snapshot_id: str = "",
    content: snapshots.Content | None = None,
) -> str | None:
    """Write the copies; a notice if that fails, as the data itself is safe."""
    try:
        if content and snapshots.load_cache(directory, snapshot_id) is None:
            snapshots.save_cache(directory, snapshot_id, content)
        # The catalog last: it names only what can be read.
        catalogs.save_catalog(directory, universes)
        snapshots.prune(directory, {info.snapshot_id for info in universes})
    except OSError as error:
        return (
            f"The snapshot could not be written to {directory.name} ({error.strerror}): "
            "pages will be slower and not readable while the database is busy."
        )
    return None
