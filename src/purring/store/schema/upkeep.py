"""What keeping an installation in order takes: rows that can't be worked, checks after a restore, gateways' limits."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, PrimaryKeyConstraint, Table

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

# The limits of a gateway and its pause: of the merchant `whose` they are, or of all together where that is empty.
# These two tables aren't merchants' own: who begins a charge for one of them counts it for all.
throttle = Table(
    "throttle",
    metadata,
    an_id("whose"),
    words("gateway"),
    Column("spacing_us", BigInteger, nullable=True),
    number("burst"),
    number("in_flight_max", nullable=True),
    instant("full_at", nullable=True),
    number("pauses"),
    instant("paused_until", nullable=True),
    instant("probing_until", nullable=True),
    PrimaryKeyConstraint("whose", "gateway"),
    check("spacing_us_above_zero", "spacing_us > 0"),
    check("burst_above_zero", "burst > 0"),
    check("in_flight_max_above_zero", "in_flight_max > 0"),
)

# Calls that a worker is making, counted where charges at once are limited. One that died leaves them until they lapse.
permit = Table(
    "permit",
    metadata,
    an_id("whose"),
    words("gateway"),
    an_id("id"),
    number("calls"),
    instant("until"),
    PrimaryKeyConstraint("whose", "gateway", "id"),
    check("calls_above_zero", "calls > 0"),
)
