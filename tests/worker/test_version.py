"""A worker's build id: its place among versions that run side by side."""

import pytest
from temporalio.common import VersioningBehavior

from worker.rollout import rollout, version
from worker.settings import BadSetting, Settings
from workflows import earlier


@pytest.mark.parametrize("build_id", ["0.5.0", "2026-11-26.3", "4e1f3ab", "0.5.0+hotfix_1"])
def test_a_build_id_is_a_version_or_a_commit(build_id: str) -> None:
    placed = version(Settings.load(build_id=build_id).build_id)

    assert placed is not None
    assert (placed.version.deployment_name, placed.version.build_id) == ("backorder", build_id)
    assert placed.default_versioning_behavior is VersioningBehavior.AUTO_UPGRADE  # nothing is pinned


@pytest.mark.parametrize("build_id", ["a b", "x/y", "ü", "9" * 101])
def test_a_build_id_that_nobody_could_type_again_is_refused(build_id: str) -> None:
    with pytest.raises(BadSetting, match="BACKORDER_BUILD_ID"):
        Settings.load(build_id=build_id)


def test_without_a_build_id_a_worker_takes_part_in_no_rollout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKORDER_BUILD_ID", "")

    assert version(Settings.load().build_id) is None


def test_a_patch_that_should_sleep_and_is_none_is_refused_with_those_that_are() -> None:
    settings = Settings.load(sleeping_patches=f"{earlier.ASKS}, weigs-parcels")

    with pytest.raises(BadSetting, match=r"no patch weigs-parcels, only asks-for-a-choice, records-changes$"):
        rollout(settings)


def test_every_patch_can_be_put_to_sleep() -> None:
    for patch in earlier.PATCHES:
        assert rollout(Settings.load(sleeping_patches=patch))["patch_activation_callback"] is not None
