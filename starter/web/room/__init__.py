"""The operations room."""

from fastapi import APIRouter

from starter.web.house import House


def router(house: House) -> APIRouter:  # noqa: ARG001
    return APIRouter(prefix="/operations")
