"""Commands about people."""

import click

from cotrack.foundation.access.schemas import GRANTABLE
from cotrack.foundation.access.service import people
from cotrack.foundation.terminal import Terminal, asked_password, pass_terminal, plain_errors
from cotrack.foundation.unit_of_work import unit_of_work


@click.group()
def user() -> None:
    """People: who may sign in, and as what."""


def _new_password(username: str) -> str:
    return asked_password("COTRACK_NEW_PASSWORD", f"New password of {username}", is_new=True)


def _said(_: click.Context, __: click.Parameter, value: str) -> str:
    """Refuse a reason of blanks alone."""
    if not value.strip():
        raise click.BadParameter("say why")
    return value


@user.command("add")
@click.argument("username")
@click.option("--printed-name", required=True, help="Name as it is printed under signatures.")
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice(GRANTABLE))
@click.option("--identity-verified-by", required=True, help="Who verified the identity, and how.")
@pass_terminal
@plain_errors
def add(
    terminal: Terminal, *, username: str, printed_name: str, roles: tuple[str, ...], identity_verified_by: str
) -> None:
    """Add USERNAME, who must choose a password of their own at the first sign-in."""
    actor = terminal.actor()
    password = _new_password(username)
    with unit_of_work(terminal.runtime.ground, actor) as work:
        people.add_person(
            work,
            terminal.runtime.passwords,
            username=username,
            printed_name=printed_name,
            roles=roles,
            password=password,
            identity_verified_by=identity_verified_by,
        )
    terminal.say(f"{username} can sign in.")


@user.command("disable")
@click.argument("username")
@click.option("--reason", required=True, callback=_said)
@pass_terminal
@plain_errors
def disable(terminal: Terminal, username: str, reason: str) -> None:
    """Take every access from USERNAME at once."""
    with unit_of_work(terminal.runtime.ground, terminal.actor()) as work:
        people.disable_person(work, username, reason=reason)
    terminal.say(f"{username} can no longer sign in.")


@user.command("reset")
@click.argument("username")
@click.option("--reason", required=True, callback=_said)
@pass_terminal
@plain_errors
def reset(terminal: Terminal, username: str, reason: str) -> None:
    """Set a password that USERNAME must change at the next sign-in."""
    actor = terminal.actor()
    password = _new_password(username)
    with unit_of_work(terminal.runtime.ground, actor) as work:
        people.reset_password(work, terminal.runtime.passwords, username, password=password, reason=reason)
    terminal.say(f"{username} must change the password at the next sign-in.")
