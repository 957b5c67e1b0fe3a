"""Which Temporal a client speaks to."""

from collections.abc import AsyncIterator

import pytest
from temporalio.service import GrpcCompression
from temporalio.testing import WorkflowEnvironment

from tests.servers import temporal
from workflows.connection import connect


@pytest.fixture
async def server() -> AsyncIterator[str]:
    async with await WorkflowEnvironment.start_local(dev_server_existing_path=temporal()) as env:
        yield env.client.service_client.config.target_host


async def test_an_address_is_a_plain_server_whatever_the_environment_says_of_another(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_NAMESPACE", "production")
    monkeypatch.setenv("TEMPORAL_TLS", "true")

    client = await connect(server)

    assert client.namespace == "default"
    assert client.service_client.config.grpc_compression is GrpcCompression.NONE


async def test_without_an_address_the_environment_says_where_and_which_namespace(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", server)
    monkeypatch.setenv("TEMPORAL_NAMESPACE", "production")

    client = await connect()

    assert client.namespace == "production"
    assert client.service_client.config.target_host == server
