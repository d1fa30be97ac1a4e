"""No merchant's transaction sees or writes another's rows: the database keeps them apart, and so does the store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import Select, func, insert, select, text, update
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError

from purring.clock import SeededIds, VirtualClock
from purring.domain.errors import InvalidInput
from purring.domain.ids import MerchantId
from purring.domain.throttle import EVERYBODY, Throttle, begun
from purring.store import customers, isolation, merchants, throttles
from purring.store.columns import metadata
from purring.store.engine import Store, open_store
from purring.store.schema import customer, installation
from purring.store.throttles import Permit
from tests.store.world import NOW, World

MERCHANTS_TABLES = sorted(name for name in metadata.tables if isolation.is_of_merchants(name))
NOBODY = MerchantId("mer_00000000000000000000000000")


@pytest.fixture
def other(world: World) -> World:
    """A second merchant on the same database; both have a customer."""
    other = World(world.store, ids=SeededIds(VirtualClock(NOW), 8))
    other.customer()
    world.customer()
    return other


@pytest.fixture
def worker(world: World, other: World, database_url: str, database_kind: str) -> Iterator[Store]:
    """The database as Purring's own role sees it, once the roles are set up; SQLite has none."""
    if database_kind == "sqlite":
        yield world.store
        return
    url: URL = make_url(database_url)
    role = f"worker_of_{url.database}"
    for _ in range(2):  # setting up twice does no harm
        with world.store.transaction() as conn:
            for statement in isolation.role_statements(role):
                conn.exec_driver_sql(statement)
    as_worker = url.update_query_dict({"options": f"-c role={role}"})
    store = open_store(as_worker.render_as_string(hide_password=False), pool_size=1)
    yield store
    store.close()
    with world.store.transaction() as conn:
        conn.exec_driver_sql(f"DROP OWNED BY {role}")
        conn.exec_driver_sql(f"DROP ROLE {role}")


def _names(store: Store) -> int:
    """How many customers there are."""
    with store.reading() as conn:
        return int(conn.execute(text("SELECT count(*) FROM customer")).scalar_one())


def test_purrings_own_role_works_for_every_merchant(worker: Store) -> None:
    """It sees and writes all of their rows, and pays nothing for that: no condition is added to its statements."""
    assert 2 == _names(worker)
    if worker.dialect == "postgresql":
        with worker.reading() as conn:
            plan = [row[0] for row in conn.execute(text("EXPLAIN SELECT * FROM customer"))]
        assert 1 == len(plan), plan


def test_a_merchants_store_sees_that_merchants_rows_alone(worker: Store, world: World, other: World) -> None:
    """In reading and in writing transactions, one after the other on the same connection."""
    for one in (world, other, world):
        scoped = worker.of(one.merchant.id)
        for begin in (scoped.reading, scoped.transaction):
            with begin() as conn:
                found = customers.page(conn, one.merchant.id, limit=10)
                assert {one.merchant.id} == {row.merchant_id for row in conn.execute(_customers(one.merchant.id))}
                assert 1 == len(found)
                assert one.merchant == merchants.get(conn, one.merchant.id)
    assert 2 == _names(worker)


def _customers(merchant_id: MerchantId) -> Select[tuple[str]]:
    return select(customer.c.merchant_id).where(customer.c.merchant_id == merchant_id)


def test_a_statement_without_the_merchant_is_refused(worker: Store, world: World, other: World) -> None:
    """By the store, on both kinds of databases, before it reaches the database: everybody's rows, or another's."""
    scoped = worker.of(world.merchant.id)
    everybody = select(func.count()).select_from(customer)
    for statement in (
        everybody,
        everybody.where(customer.c.merchant_id == other.merchant.id),
        everybody.where(customer.c.merchant_id.in_([world.merchant.id, other.merchant.id])),
        update(customer).values(name="Ola"),
    ):
        with pytest.raises(AssertionError, match="asks for"), scoped.transaction() as conn:
            conn.execute(statement)
    with scoped.reading() as conn:
        assert [] == conn.execute(select(installation.c.id)).all()  # which belongs to nobody


def test_the_database_refuses_what_the_store_would_let_through(
    worker: Store, world: World, other: World, database_kind: str
) -> None:
    """A statement that names no merchant gives no other's rows; a row for another can't be written or changed."""
    if database_kind == "sqlite":
        return
    own = world.merchant.id
    with worker.reading() as conn:
        isolation.enter(conn, own)
        driver = conn.connection.cursor()
        assert [(own,)] == driver.execute("SELECT DISTINCT merchant_id FROM customer").fetchall()
        assert [(own,)] == driver.execute("SELECT id FROM merchant").fetchall()
    with worker.transaction() as conn:
        isolation.enter(conn, own)
        driver = conn.connection.cursor()
        assert 0 == driver.execute("UPDATE customer SET name = 'x' WHERE merchant_id <> %s", (own,)).rowcount
        assert 0 == driver.execute("DELETE FROM person WHERE merchant_id <> %s", (own,)).rowcount
    for change in ("UPDATE customer SET merchant_id = %s", "INSERT INTO product SELECT %s, 'prod_1', 'x', 1"):
        with worker.transaction() as conn:
            isolation.enter(conn, own)
            driver = conn.connection.cursor()
            with pytest.raises(InsufficientPrivilege, match="row-level security"):
                driver.execute(change, (other.merchant.id,))
            conn.rollback()


def test_without_a_merchant_there_are_no_rows(worker: Store, other: World, database_kind: str) -> None:
    """In the role of one merchant without saying which, or saying nobody's name: nothing is seen or written."""
    if database_kind == "sqlite":
        return
    for merchant_id in (None, "", NOBODY):
        with worker.transaction() as conn:
            conn.exec_driver_sql(f"SET LOCAL ROLE {isolation.MERCHANT_ROLE}")
            if merchant_id is not None:
                conn.execute(text("SELECT set_config('purring.merchant_id', :id, true)"), {"id": merchant_id})
            for table in map(metadata.tables.__getitem__, MERCHANTS_TABLES):
                assert 0 == conn.execute(select(func.count()).select_from(table)).scalar_one(), table.name
            with pytest.raises(DBAPIError, match="row-level security"), conn.begin_nested():
                conn.execute(insert(customer).values(_row(other)))


def _row(of: World) -> dict[str, object]:
    with of.store.reading() as conn:
        own = customer.c
        row = conn.execute(select(customer).where(own.merchant_id == of.merchant.id)).mappings().one()
    return {**row, "id": "cus_00000000000000000000000000"}


def test_nothing_leaks_through_a_connection_that_is_used_again(worker: Store, world: World) -> None:
    """After a transaction, be it rolled back, the connection is nobody's: the role and the merchant end with it."""
    scoped = worker.of(world.merchant.id)
    for failure in (None, RuntimeError):
        try:
            with scoped.transaction() as conn:
                merchants.get(conn, world.merchant.id)
                if failure:
                    raise failure
        except RuntimeError:
            pass
        assert 2 == _names(worker)
        if worker.dialect == "postgresql":
            with worker.reading() as conn:
                state = conn.execute(text("SELECT current_user, current_setting('purring.merchant_id', true)")).one()
            assert (True, True) == (state[0] != isolation.MERCHANT_ROLE, not state[1])


def test_every_table_of_merchants_is_isolated_and_ours_is_none_of_them(worker: Store, database_kind: str) -> None:
    """By the catalog: forced on the owner too, one policy for everybody; the roles that work own nothing."""
    if database_kind == "sqlite":
        return
    with worker.reading() as conn:
        tables = {
            row.relname: (row.relrowsecurity, row.relforcerowsecurity, row.owner)
            for row in conn.execute(
                text(
                    "SELECT relname, relrowsecurity, relforcerowsecurity, relowner::regrole::text AS owner "
                    "FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
                )
            )
        }
        everybodys = conn.execute(
            text("SELECT tablename FROM pg_policies WHERE roles = '{public}' AND policyname = 'own_merchant'")
        )
        assert MERCHANTS_TABLES == sorted(everybodys.scalars())
        me = conn.execute(text("SELECT current_user")).scalar_one()
    assert MERCHANTS_TABLES == sorted(name for name, (on, forced, _) in tables.items() if on and forced)
    assert not {me, isolation.MERCHANT_ROLE} & {owner for *_, owner in tables.values()}


def test_a_merchants_charge_is_counted_for_all(worker: Store, world: World) -> None:
    """Its transaction may use up what all share at a gateway, but change no limit."""
    limit = Throttle(gateway="sandbox", spacing=timedelta(seconds=1), burst=3, in_flight_max=2)
    with worker.transaction() as conn:
        throttles.save(conn, limit)
    one = Permit(merchant_id=EVERYBODY, gateway="sandbox", id="att_1", calls=1, until=NOW + timedelta(minutes=1))
    scoped = worker.of(world.merchant.id)
    with scoped.transaction() as conn:
        assert [limit] == throttles.load(conn, [world.merchant.id])
        (locked,) = throttles.lock(conn, ["sandbox"], [world.merchant.id])
        throttles.save_used(conn, [begun(locked, NOW, 2)])
        throttles.give(conn, [one])
    with worker.reading() as conn:
        assert [begun(limit, NOW, 2)] == throttles.all_of(conn)
        assert {(EVERYBODY, "sandbox"): 1} == throttles.in_flight(conn, ["sandbox"], NOW).calls
    with scoped.transaction() as conn:
        throttles.give_back(conn, [one.id])
    if worker.dialect == "postgresql":
        with pytest.raises(DBAPIError) as error, scoped.transaction() as conn:
            throttles.save(conn, limit)
        assert isinstance(error.value.orig, InsufficientPrivilege)


def test_a_role_must_have_a_plain_name() -> None:
    """It stands in statements as it is."""
    with pytest.raises(InvalidInput, match="no plain name"):
        list(isolation.role_statements("x; DROP TABLE invoice"))
