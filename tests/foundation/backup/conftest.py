"""A site that makes back-ups, on each database."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.backups import Site, site_of
from support.clusters import Cluster
from support.worlds import World


@pytest.fixture
def site(world: World, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Site]:
    """A site of the test's own; every database beside its own is removed afterwards."""
    is_postgresql = world.settings.database_url.startswith("postgresql")
    cluster: Cluster | None = request.getfixturevalue("cluster") if is_postgresql else None
    made = site_of(world, tmp_path / "backups", cluster)
    yield made
    if cluster is not None:
        for name in cluster.databases():
            if name.startswith(made.other_database("")):
                cluster.drop(name)
