"""Password rules and hashes. bcrypt costs a quarter of a second, so it runs in a few threads and never in the event loop."""

import asyncio
import base64
import hashlib

import bcrypt

from agent.errors import Problem

_COMMON = frozenset(  # a block of words reads better than two hundred quoted lines
    """
12345678 123456789 1234567890 0123456789 87654321 987654321 0987654321 11111111 00000000 22222222 55555555 66666666 77777777 88888888
99999999 12341234 12344321 11223344 1122334455 12121212 123123123 112233445566 147258369 123456780 1234567a a1234567 12345678a 123456789a
a123456789 1234qwer qwer1234 1q2w3e4r 1q2w3e4r5t 1qaz2wsx 1qazxsw2 zaq12wsx zaq1zaq1 q1w2e3r4 qazwsxedc qweasdzxc 1qaz2wsx3edc qwertyui
qwertyuiop qwerty12 qwerty123 qwerty1234 qwerty12345 qwerty123456 asdfghjk asdfghjkl asdf1234 zxcvbnm1 zxcvbnm123 qwertzui azertyui azertyuiop
abcdefgh abcdefghi abcd1234 abc12345 abc123456 abc123abc a1b2c3d4 aa123456 aaaaaaaa password password1 password2 password12 password123
password1234 password! password1! p@ssword p@ssw0rd p@ssword1 passw0rd passw0rd1 passwort passwort1 mypassword newpassword passpass
pass1234 pass12345 admin123 admin1234 admin12345 administrator adminadmin root1234 rootroot toor1234
changeme changeme1 changeme123 letmein1 letmein123 welcome1 welcome12 welcome123 default1
topsecret trustno1 iloveyou iloveyou1 iloveyou2 sunshine sunshine1 princess princess1 football football1 baseball baseball1
basketball superman superman1 batman123 spiderman starwars whatever whatever1 computer computer1 internet internet1 michael1 michelle
jennifer jessica1 charlie1 jordan23 daniel123 ashley12 liverpool liverpool1 chelsea1 arsenal1 barcelona manchester master123 dragon123 monkey123
shadow12 freedom1 mustang1 corvette mercedes samsung1 samsung123 google123 facebook facebook1 pokemon1 pokemon123 minecraft nintendo
butterfly chocolate cheesecake elephant snowball summer2024 summer2025 winter2024 winter2025 spring2025 welcome2024 welcome2025 password2024
password2025 woaini1314 5201314520 wiretalk wiretalk1
""".split()  # noqa: SIM905  # see above
)
COST = 12
_MAX_CHARACTERS = 1000
_threads = asyncio.Semaphore(2)
_NOBODY = "$2b$12$EIxbwxFvzS4pIx6dt90KFe2ytIQthpoLgqsplyaUZ8iqF3A7/OkBK"  # of a text that nobody knows: written down, because making one costs every start a quarter of a second


def check_rules(password: str, address: str = "") -> None:
    """Whether it may be the password of who has this e-mail address. Raises weak_password."""
    if len(password) < 8:
        raise Problem("weak_password", "The password has fewer than 8 characters.", field="password")
    if len(password) > _MAX_CHARACTERS:
        raise Problem("weak_password", f"The password has more than {_MAX_CHARACTERS} characters.", remedy="Use a shorter one.", field="password")
    if password.lower() in _COMMON:
        raise Problem("weak_password", "The password is one of the best known.", field="password")
    if address and password.lower() in (address.lower(), address.lower().partition("@")[0]):
        raise Problem("weak_password", "The password is your own e-mail address.", field="password")


async def hash_password(password: str) -> str:
    """A bcrypt hash over a digest, because bcrypt itself takes 72 bytes at most."""
    async with _threads:
        return (await asyncio.to_thread(bcrypt.hashpw, _digest(password), bcrypt.gensalt(COST))).decode()


async def matches(password: str, stored: str | None) -> bool:
    """Whether the password fits. It takes as long for an unknown user (`stored` None) as for a known one."""
    async with _threads:
        fits = await asyncio.to_thread(bcrypt.checkpw, _digest(password), (stored or _NOBODY).encode())
    return fits and stored is not None


def _digest(password: str) -> bytes:
    return base64.b64encode(hashlib.sha256(password.encode("utf-8", "surrogatepass")).digest())
