"""The customer's order page, behind a signed link."""

from fastapi import APIRouter

from starter.web.house import House


def router(house: House) -> APIRouter:  # noqa: ARG001
    return APIRouter(prefix="/o")
