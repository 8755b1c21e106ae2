"""Passwords: the rules for new ones, and their hashes (argon2id, with the library's advised cost: RFC 9106, low memory)."""

import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from storage.core import InvalidValue

LEAST = 10
"""Characters in a password at least."""

# Of ten characters and more; in lower case.
_COMMONEST = """
0123456789 0987654321 1111111111 1122334455 11223344556677889900 1234512345 12345678900 1234567890 123456789a 123456789q
1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx3edc 9876543210 a123456789 aa12345678 abcd123456 abcdefghij administrator basketball changeme123
fieldmark1 iloveyou123 letmein123 liverpool1 michelle12 minecraft1 p@ssw0rd123 passw0rd123 password01 password10 password11
password12 password123 password1234 password12345 passwordpassword pokemon123 princess123 q1w2e3r4t5 q1w2e3r4t5y6 q1w2e3r4t5y6u7
qazwsxedcrfv qwer123456 qwerty1234 qwerty12345 qwerty123456 qwertyqwerty qwertyuiop qwertyuiop1 qwertyuiop123 starwars123
superman123 sunshine123 welcome123 welcome1234 zaq12wsxcde3 йцукенгшщз йцукен12345 пароль1234 пароль12345
"""

HASHER = PasswordHasher()

# Of random bytes that nobody kept; checked where there is no account, so that the answer takes as long.
DECOY = "$argon2id$v=19$m=65536,t=3,p=4$akaE9siBbBQB21X4MzW8Rw$S8AZh1Ybr6lpWHNdY7b1JdbIm6V89AsMMobMtZJlf7c"


def check_rules(password: str, name: str) -> None:
    """InvalidValue if the password breaks a rule; the sentence says which, and never the password."""
    plain = _plain(password).casefold()
    if len(plain) < LEAST:
        raise InvalidValue("The password is too short: use at least {least} characters", least=LEAST)
    if plain == _plain(name).casefold():
        raise InvalidValue("The password is the name of the account: choose another")
    if plain in _COMMONEST.split():
        raise InvalidValue("The password is among those that are guessed first: choose another")


def hash_password(password: str) -> str:
    """The password's argon2id hash, with its own salt and cost in it."""
    return HASHER.hash(_plain(password))


def matches(hashed: str | None, password: str) -> bool:
    """Whether the hash is the password's; takes as long where there is no hash."""
    try:
        return HASHER.verify(hashed or DECOY, _plain(password)) and hashed is not None
    except VerifyMismatchError:
        return False


def _plain(text: str) -> str:
    # Keyboards differ in how they send й or é: as one character or as two.
    return unicodedata.normalize("NFC", text)
