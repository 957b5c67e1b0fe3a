"""A worker's part in a rollout: which version it is, and which of its patches it does not begin yet."""

from collections.abc import Callable
from typing import Any

from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import PatchActivationInput, WorkerDeploymentConfig

from worker.settings import BadSetting, Settings
from workflows import earlier
from workflows.messages import DEPLOYMENT


def rollout(settings: Settings) -> dict[str, Any]:
    """The worker's options that the settings ask for.

    Raises:
        BadSetting: a patch that should sleep is none of ours, so that it would be awake under its true name.
    """
    sleeping = set(settings.sleeping_patches.replace(",", " ").split())
    unknown = sleeping - earlier.PATCHES
    if unknown:
        known = ", ".join(sorted(earlier.PATCHES))
        text = f"there is no patch {', '.join(sorted(unknown))}, only {known}"
        raise BadSetting(f"BACKORDER_SLEEPING_PATCHES: {text}")
    return {
        "deployment_config": version(settings.build_id),
        "patch_activation_callback": awake_but(sleeping) if sleeping else None,
    }


def version(build_id: str | None) -> WorkerDeploymentConfig | None:
    """A worker's place among versions that run side by side; unversioned without a build id.

    Nothing is pinned: orders live for months, and move to the version that is current with their next task.
    """
    if build_id is None:
        return None
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(DEPLOYMENT, build_id),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.AUTO_UPGRADE,
    )


def awake_but(sleeping: set[str]) -> Callable[[PatchActivationInput], bool]:
    """A sleeping patch is not begun, but gone on with where an order has it: so a later release can be rolled back."""
    return lambda asked: asked.patch_id not in sleeping
