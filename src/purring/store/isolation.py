"""Keeps one merchant's rows from another's in the database itself, beside the filter in every statement.

On PostgreSQL every table of merchants' rows has row-level security, forced on its owner too: a transaction sees the
rows of the merchant that it names, and none if it names none. Only roles that are meant to work for all see all.
On both databases the store refuses a statement that doesn't ask for its merchant's rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlalchemy import Connection, event

from purring.domain.errors import InvalidInput
from purring.domain.ids import MerchantId
from purring.store.schema import merchant

metadata = merchant.metadata

MERCHANT_ROLE = "purring_merchant"
"""The role in which a transaction runs that serves one merchant; it is nobody's to sign in with."""

_ROLE_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")

# Charges at a gateway are counted over all merchants, whoever's they are; limits aren't for merchants to change.
_COUNTED = {"throttle": ("UPDATE (full_at, probing_until)",), "permit": ("INSERT", "DELETE")}

# All tables that hold a merchant's rows, by the catalog, so that none is forgotten: run it when all of them are there.
ISOLATE = """
DO $$
DECLARE isolated record;
BEGIN
    FOR isolated IN
        SELECT relation.relname AS name, CASE relation.relname WHEN 'merchant' THEN 'id' ELSE 'merchant_id' END AS own
        FROM pg_class AS relation
        WHERE relation.relkind = 'r' AND relation.relnamespace = current_schema()::regnamespace
            AND (relation.relname = 'merchant' OR EXISTS (
                SELECT 1 FROM pg_attribute
                WHERE attrelid = relation.oid AND attname = 'merchant_id' AND NOT attisdropped))
        ORDER BY relation.relname
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', isolated.name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', isolated.name);
        EXECUTE format(
            'CREATE POLICY own_merchant ON %I USING (%I = current_setting(%L, true))',
            isolated.name, isolated.own, 'purring.merchant_id');
        EXECUTE format('CREATE POLICY every_merchant ON %I TO CURRENT_USER USING (true)', isolated.name);
    END LOOP;
END
$$
"""


def role_statements(worker: str) -> Iterator[str]:
    """Give the statements that set roles up, for the owner of the tables to run; again after each upgrade.

    `worker` is the role that Purring signs in with: it owns nothing, and sees every merchant. Transactions that serve
    one merchant run in MERCHANT_ROLE.
    Raises InvalidInput.
    """
    if not _ROLE_NAME.fullmatch(worker):
        message = f"{worker[:60]!r} is no plain name of a role; use small letters, digits and underscores"
        raise InvalidInput(message, field="worker")
    yield from merchant_role_statements()
    yield from _role(worker, "LOGIN")
    yield f"GRANT {MERCHANT_ROLE} TO {worker}"
    yield f"GRANT SELECT ON alembic_version TO {worker}"
    for name in sorted(metadata.tables):
        yield f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO {worker}"
        if is_of_merchants(name):
            yield f"DROP POLICY IF EXISTS {worker} ON {name}"
            yield f"CREATE POLICY {worker} ON {name} TO {worker} USING (true)"


def merchant_role_statements() -> Iterator[str]:
    """Give the statements that set up the role of transactions that serve one merchant, and what it may do."""
    yield from _role(MERCHANT_ROLE, "NOLOGIN")
    yield f"GRANT SELECT ON alembic_version TO {MERCHANT_ROLE}"
    for name in sorted(metadata.tables):
        whole = is_of_merchants(name)
        yield f"GRANT SELECT{', INSERT, UPDATE, DELETE' if whole else ''} ON {name} TO {MERCHANT_ROLE}"
        yield from (f"GRANT {what} ON {name} TO {MERCHANT_ROLE}" for what in _COUNTED.get(name, ()))


def _role(role: str, login: str) -> Iterator[str]:
    """Make a role if there is none of that name, and let it into the schema."""
    yield (
        f"DO $$ BEGIN CREATE ROLE {role} {login}; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    )
    yield f"GRANT USAGE ON SCHEMA public TO {role}"


def is_of_merchants(name: str) -> bool:
    """Tell whether a table holds merchants' rows."""
    return name == "merchant" or "merchant_id" in metadata.tables[name].columns


def enter(conn: Connection, merchant_id: MerchantId) -> None:
    """Let the transaction see one merchant's rows only, until it ends, and refuse what asks for others."""
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql(_ENTER, {"role": MERCHANT_ROLE, "merchant_id": merchant_id})

    def before(_conn: Connection, _cursor: object, statement: str, parameters: object, *_rest: object) -> None:
        _require_own(merchant_id, statement, parameters)

    event.listen(conn, "before_cursor_execute", before)


# Where the roles aren't set up, the merchant is named all the same, and the code's own filter stands alone.
_ENTER = """
SELECT set_config('purring.merchant_id', %(merchant_id)s, true), (
    SELECT set_config('role', rolname, true) FROM pg_roles
    WHERE rolname = %(role)s AND pg_has_role(current_user, oid, 'MEMBER')
        AND has_schema_privilege(oid, 'public', 'USAGE') AND has_table_privilege(oid, 'invoice', 'SELECT'))
"""

_EMPTY_IN = "1!=1"  # as SQLAlchemy writes `IN ()`
_ANY_MERCHANT = re.compile(r"mer_[0-9a-hjkmnp-tv-z]{26}")


def _require_own(merchant_id: MerchantId, statement: str, parameters: object) -> None:
    """Refuse a statement that doesn't ask for the merchant's own rows: only a mistake of ours can make such a one.

    One that looks up an empty list of keys, each of which would name its merchant, or of values, asks for nobody's.
    """
    if not _TOUCHES_ROWS.search(statement):
        return
    values = repr(parameters)
    named = set(_ANY_MERCHANT.findall(f"{statement} {values}"))
    asks_for_nothing = "wanted" in statement or _EMPTY_IN in statement
    if named or not asks_for_nothing:
        asked = f"a statement for {merchant_id} asks for {sorted(named) or 'everybody'}: {statement}"
        assert {merchant_id} == named, asked


_TOUCHES_ROWS = re.compile(r"\b({})\b".format("|".join(filter(is_of_merchants, sorted(metadata.tables)))))


def _isolate(_target: object, conn: Connection, **_options: object) -> None:
    """Isolate tables that were made from their declaration."""
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql(ISOLATE.replace("%", "%%"))


event.listen(metadata, "after_create", _isolate)
