"""The only SQL there is: rows to nouns, nouns to rows, claims, and what must hold among rows.

engine      opens a database, runs transactions, migrates
schema      the tables; `types` what their columns hold; `bulk` many rows by few statements
leases      claim, extend and release work, for any table with due work
facts       load what decisions look at; `changes` writes what they want
invariants  what must always hold, as queries
one module per noun, with no more than others need
"""

from sqlalchemy import Connection

__all__ = ["Connection"]
