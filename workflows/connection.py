"""The way to Temporal: address, namespace, TLS and key come from the SDK's own environment configuration."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client, Interceptor
from temporalio.common import SearchAttributeIndexedValueType
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes
from temporalio.envconfig import ClientConfig
from temporalio.runtime import Runtime
from temporalio.service import GrpcCompression, RPCError, RPCStatusCode

from workflows.codec import WITHOUT_KEYS, Encryption
from workflows.messages import SEARCH_ATTRIBUTES

_INDEXED = {
    SearchAttributeIndexedValueType.KEYWORD: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    SearchAttributeIndexedValueType.KEYWORD_LIST: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD_LIST,
    SearchAttributeIndexedValueType.DATETIME: IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
}


@dataclass(frozen=True)
class Speech:
    """How a process speaks to Temporal: `codec` encrypts what it says, `runtime` counts it, `interceptors` trace it."""

    codec: Encryption = WITHOUT_KEYS
    runtime: Runtime | None = None
    interceptors: tuple[Interceptor, ...] = ()


PLAIN = Speech()


async def connect(address: str | None = None, speech: Speech = PLAIN) -> Client:
    """A client that speaks our JSON, to where the environment says.

    `address` means a plain server there (as the embedded one): namespace, TLS and key of the environment
    belong to another.

    Raises:
        RuntimeError: Temporal can't be reached.
    """
    config: dict[str, Any] = {"target_host": address or "localhost:7233"}
    if address is None:
        config |= ClientConfig.load_client_connect_config()
    if not config.get("tls") and not config.get(
        "api_key"
    ):  # nearby: there compressing costs both sides more than it saves the wire
        config["grpc_compression"] = GrpcCompression.NONE
    config |= {"runtime": speech.runtime, "interceptors": speech.interceptors}
    return await Client.connect(**config, data_converter=data_converter(speech.codec))


def data_converter(codec: Encryption = WITHOUT_KEYS) -> DataConverter:
    """Our plain JSON; where the codec has a key it is encrypted, failures included.

    One without a key is there too, to tell what it can't read.
    """
    converter = replace(pydantic_data_converter, payload_codec=codec)
    if codec.encrypts:
        return replace(converter, failure_converter_class=DefaultFailureConverterWithEncodedAttributes)
    return converter


async def register_search_attributes(client: Client) -> None:
    """Make Temporal know our search attributes; those that it knows already are left alone.

    An upsert of an unknown one would hold up an order's task, so the worker asks first.
    """
    known = await _known(client)
    missing = {key.name: key.indexed_value_type for key in SEARCH_ATTRIBUTES if key.name not in known}
    if missing:
        wanted = {name: _INDEXED[kind] for name, kind in missing.items()}
        request = AddSearchAttributesRequest(search_attributes=wanted, namespace=client.namespace)
        with _ignoring(RPCStatusCode.ALREADY_EXISTS):
            await client.operator_service.add_search_attributes(request)


async def _known(client: Client) -> set[str]:
    """What Temporal has; a server that can't say (the time-skipping one) is asked to add all."""
    with _ignoring(RPCStatusCode.UNIMPLEMENTED):
        request = ListSearchAttributesRequest(namespace=client.namespace)
        answer = await client.operator_service.list_search_attributes(request)
        return set(answer.custom_attributes)
    return set()


@contextmanager
def _ignoring(status: RPCStatusCode) -> Iterator[None]:
    try:
        yield
    except RPCError as error:
        if error.status != status:
            raise
