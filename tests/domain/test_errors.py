"""The error tree: drawn as it is, a code for each, a remedy in each refusal, an answer in both tables."""

import pickle
import re

import pytest

from purring.domain import errors
from purring.domain.errors import (
    EXIT_CODES,
    HTTP_STATUS,
    REFUSALS,
    GatewayTimeout,
    InvalidInput,
    InvalidMoney,
    PurringError,
    RefusalCode,
    Refused,
    UnknownCurrency,
    exit_code,
    http_status,
)

CLASSES = [cls for cls in vars(errors).values() if isinstance(cls, type) and issubclass(cls, PurringError)]


def make(cls: type[PurringError]) -> PurringError:
    """Make one error of a class."""
    return Refused(RefusalCode.ON_HOLD) if issubclass(cls, Refused) else cls("Something is wrong; mend it.")


def drawn(cls: type[PurringError], depth: int = 0) -> list[tuple[int, str]]:
    """List a class and those below it with their depth, in the order in which they are defined."""
    below = [line for child in cls.__subclasses__() for line in drawn(child, depth + 1)]
    return [(depth, cls.__name__), *below]


def test_the_tree_is_drawn_as_it_is() -> None:
    """The module's docstring shows every class below its parent."""
    assert errors.__doc__ is not None
    lines = re.findall(r"^((?:[│├└─ ]{4})*)([A-Z][A-Za-z]+)(?:  |$)", errors.__doc__, re.MULTILINE)
    assert drawn(PurringError) == [(len(indent) // 4, name) for indent, name in lines]


def test_every_class_has_a_code_of_its_own() -> None:
    """Codes are snake case and never shared; a refusal brings its own."""
    codes = [cls.code for cls in CLASSES if cls is not Refused] + [str(code) for code in RefusalCode]
    assert len(codes) == len(set(codes))
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", code) for code in codes)


def test_every_refusal_names_its_remedy() -> None:
    """Each code has a sentence of two parts, what is the case and what to do, and no two say the same."""
    assert set(RefusalCode) == set(REFUSALS)
    assert len(REFUSALS) == len(set(REFUSALS.values()))
    assert all(re.fullmatch(r"[A-Z][^;]+; [^;]+\.", sentence) for sentence in REFUSALS.values())


@pytest.mark.parametrize("cls", CLASSES)
def test_every_error_has_a_status_and_an_exit_code(cls: type[PurringError]) -> None:
    """HTTP knows every error as a client's or a server's fault, and a shell as a failure."""
    assert 400 <= http_status(make(cls)) <= 599
    assert 64 <= exit_code(make(cls)) <= 78


@pytest.mark.parametrize("cls", CLASSES)
def test_errors_survive_pickling(cls: type[PurringError]) -> None:
    """A process pool can hand errors over whole."""
    error = make(cls)
    error.field = "amount"
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert (type(error), str(error), error.code, error.field) == (type(copy), str(copy), copy.code, copy.field)


def test_the_nearest_class_counts() -> None:
    """A class that is not listed answers as its parent does, and a listed one for itself."""
    assert HTTP_STATUS[InvalidInput] == http_status(UnknownCurrency("?"))
    assert HTTP_STATUS[GatewayTimeout] == http_status(GatewayTimeout("?"))
    assert EXIT_CODES[InvalidInput] == exit_code(InvalidMoney("?"))


def test_an_error_carries_what_is_to_blame() -> None:
    """Message, field and details are kept; the text is the message alone."""
    error = InvalidInput("The name is blank; send one.", field="name", details=("row 7",))
    assert ("The name is blank; send one.", "name", ("row 7",)) == (str(error), error.field, error.details)


def test_a_refusal_lists_what_stands_in_the_way() -> None:
    """The code's own sentence is said, unless there is a better one."""
    error = Refused(RefusalCode.METHOD_IN_USE, details=("sub_1", "sub_2"))
    assert (REFUSALS[RefusalCode.METHOD_IN_USE], ("sub_1", "sub_2")) == (str(error), error.details)
    assert "Nothing is owed in NOK; pay in EUR." == str(
        Refused(RefusalCode.NOTHING_OWED, "Nothing is owed in NOK; pay in EUR.")
    )
