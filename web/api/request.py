"""The request as the API's handlers see it: signed in, with an Actor as its user."""

from litestar import Request
from litestar.datastructures import State

from agent.actor import Actor

ApiRequest = Request[Actor, str, State]
