"""What keeping an installation in order takes: rows that can't be worked, and the checks after a restore."""

from __future__ import annotations

from sqlalchemy import PrimaryKeyConstraint, Table

from purring.store.columns import (
    an_id,
    check,
    currency,
    document,
    instant,
    metadata,
    minor,
    number,
    partial_index,
    table,
    words,
)

# A row of work that failed alone. It stands for as long as nobody has claimed the row anew: then the fence is another.
set_aside = table(
    "set_aside",
    words("work"),
    an_id("id"),
    number("fence"),
    instant("since"),
    instant("last_at"),
    number("times"),
    words("problem"),
    check("times_above_zero", "times > 0"),
    key=("work", "id"),
)

# One row once the database has been restored from a backup. `cursors`: how far each gateway's charges have been listed.
installation = Table(
    "installation",
    metadata,
    an_id("id"),
    instant("restored_at"),
    instant("charges_since"),
    words("why"),
    document("cursors"),
    instant("reconciled_at", nullable=True),
    number("version"),
    PrimaryKeyConstraint("id"),
)

# A charge that a gateway made for us and of which we know nothing, as the gateway lists it. Whose it is may turn out
# later, when its invoice is issued or handed over again.
found_charge = Table(
    "found_charge",
    metadata,
    words("gateway"),
    an_id("key"),
    an_id("merchant_id"),
    an_id("invoice_id"),
    minor("amount_minor"),
    currency(),
    document("charge"),
    instant("charged_at"),
    instant("found_at"),
    instant("settled_at", nullable=True),
    words("problem"),
    PrimaryKeyConstraint("gateway", "key"),
    partial_index("ix_found_charge_unsettled", "merchant_id", "invoice_id", where="settled_at IS NULL"),
)
