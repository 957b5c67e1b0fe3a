"""The OMS's HTTP API, version 1."""

from fastapi import APIRouter

from starter.web.house import House


def router(house: House) -> APIRouter:  # noqa: ARG001
    return APIRouter(prefix="/api/v1")
