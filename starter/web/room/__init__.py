"""The operations room: how the shop's backorders stand, and what a person corrects."""

from fastapi import APIRouter

from starter.web.house import House
from starter.web.room import corrections, entrance, events, home, orders, reports, skus, switches
from starter.web.room.doors import route_of
from starter.web.room.room import Room
from starter.web.room.session import PATH


def router(house: House) -> APIRouter:
    """`/operations` and all below it."""
    room = Room(house)
    doors = APIRouter(prefix=PATH, route_class=route_of(room))
    for part in (entrance, home, orders, skus, reports, events, corrections, switches):
        part.add(doors, room)
    return doors
