"""Transactions commit whole or not at all, and what goes wrong with a database is said in our own words."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from purring.domain.errors import ConfigError, PurringError, StaleWrite, StoreUnavailable
from purring.domain.ids import CustomerId
from purring.store import customers
from purring.store.engine import Store, open_store, upgrade
from purring.store.schema import customer, product
from tests.store.world import World


class BoomError(Exception):
    """Something went wrong halfway."""


def _count(store: Store) -> int:
    with store.reading() as conn:
        return conn.execute(select(func.count()).select_from(product)).scalar_one()


def _add(world: World, product_id: str) -> None:
    with world.store.transaction() as conn:
        conn.execute(insert(product).values(merchant_id=world.merchant.id, id=product_id, name="Plan", version=1))


def test_what_fails_halfway_is_not_written(world: World) -> None:
    """An error in a transaction takes back what came before it."""
    before = _count(world.store)

    def fail() -> None:
        with world.store.transaction() as conn:
            conn.execute(insert(product).values(merchant_id=world.merchant.id, id="prod_1", name="Plan", version=1))
            raise BoomError

    with pytest.raises(BoomError):
        fail()
    assert before == _count(world.store)
    _add(world, "prod_1")
    assert before + 1 == _count(world.store)


def test_a_reader_sees_one_moment(world: World) -> None:
    """What is committed meanwhile doesn't show in a transaction that reads."""
    with world.store.reading() as conn:
        counting = select(func.count()).select_from(product)
        before = conn.execute(counting).scalar_one()
        _add(world, "prod_1")
        assert before == conn.execute(counting).scalar_one()
    assert before + 1 == _count(world.store)


def test_a_reader_can_not_write(world: World) -> None:
    """Writing in a transaction that reads is refused, and a later transaction on the connection may write again."""

    def write() -> None:
        with world.store.reading() as conn:
            conn.execute(insert(product).values(merchant_id=world.merchant.id, id="prod_1", name="Plan", version=1))

    with pytest.raises((DBAPIError, PurringError)):
        write()
    _add(world, "prod_1")


def test_a_writer_waits_for_the_other_and_sees_what_it_wrote(world: World) -> None:
    """Counting up from two threads loses nothing: the lock is held from the reading to the commit."""
    here = world.customer()
    key, both_ready = (world.merchant.id, here.id), Barrier(2)

    def count_up(_worker: int) -> None:
        both_ready.wait(timeout=20)
        for _ in range(10):
            with world.store.transaction() as conn:
                own = customer.c
                found = select(own.version).where(own.merchant_id == key[0], own.id == key[1]).with_for_update()
                version = conn.execute(found).scalar_one()
                conn.execute(customer.update().where(own.id == key[1]).values(version=version + 1))

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(count_up, range(2)))
    with world.store.reading() as conn:
        assert 1 + 2 * 10 == customers.get(conn, world.merchant.id, CustomerId(here.id)).version


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_two_who_block_each_other_are_told_to_read_again(world: World) -> None:
    """Where the database ends a deadlock by giving one of the two up, that one's write was stale."""
    ids = [world.customer().id for _ in range(2)]
    both_locked = Barrier(2)

    def lock_both(order: list[CustomerId]) -> None:
        with world.store.transaction() as conn:
            conn.execute(text("SET LOCAL deadlock_timeout = '10ms'"))
            conn.execute(select(customer.c.id).where(customer.c.id == order[0]).with_for_update())
            both_locked.wait(timeout=20)
            conn.execute(select(customer.c.id).where(customer.c.id == order[1]).with_for_update())

    with ThreadPoolExecutor(2) as threads:
        waiting = [threads.submit(lock_both, order) for order in (ids, ids[::-1])]
    assert {StaleWrite, type(None)} == {type(one.exception()) for one in waiting}


def test_a_broken_rule_of_the_schema_stays_a_bug(world: World) -> None:
    """Only what the world can do is translated; writing a row twice is not that."""
    _add(world, "prod_1")
    with pytest.raises(IntegrityError):
        _add(world, "prod_1")


@pytest.mark.parametrize(
    ("url", "remedy"),
    [
        ("nonsense", "can't be read; use sqlite:///path"),
        ("mysql://root@host/name", "is of no kind that we can use"),
        ("sqlite://", "is of no kind that we can use"),
        ("sqlite:///:memory:", "is of no kind that we can use"),
        ("postgresql+asyncpg://host/name", "is of no kind that we can use"),
        ("mysql://root:swordfish@host/name", r"root:\*\*\*@host"),
    ],
)
def test_a_url_that_can_not_be_used_is_refused(url: str, remedy: str) -> None:
    """A wrong URL names what to write instead, and never shows its password."""
    with pytest.raises(ConfigError, match=remedy) as caught:
        open_store(url)
    assert "swordfish" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////nowhere/at/all/purring.sqlite3",
        "postgresql://nobody:swordfish@127.0.0.1:1/purring",
        "postgres://nobody:swordfish@/purring?host=/nowhere/at/all",
    ],
)
def test_a_database_that_can_not_be_reached_says_so(url: str) -> None:
    """Opening costs nothing; using it tells what is wrong, without the password."""
    store = open_store(url)
    for use in (store.check, lambda: upgrade(url)):
        with pytest.raises(StoreUnavailable, match="can't be used") as caught:
            use()
        assert "swordfish" not in str(caught.value)
        assert "\n" not in str(caught.value)
    store.close()


def test_a_file_that_is_no_database_says_so(tmp_path: Path) -> None:
    """Some other file is neither taken for a database nor changed."""
    path = tmp_path / "letter.txt"
    path.write_text("Dear reader, this is a letter and no database at all. " * 20)
    before = path.read_bytes()
    store = open_store(f"sqlite:///{path}")
    with pytest.raises(StoreUnavailable, match="not a database"):
        store.check()
    store.close()
    assert before == path.read_bytes()


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("durable", "synchronous"), [(True, 2), (False, 1)])
def test_sqlite_is_set_up_for_the_job(database_url: str, durable: bool, synchronous: int) -> None:  # noqa: FBT001 - a parameter
    """Each connection keeps foreign keys, writes ahead, and syncs as asked."""
    store = open_store(database_url, durable=durable)
    with store.transaction() as conn:
        pragmas = ("foreign_keys", "journal_mode", "synchronous")
        assert [1, "wal", synchronous] == [conn.execute(text(f"PRAGMA {pragma}")).scalar_one() for pragma in pragmas]
    store.close()
