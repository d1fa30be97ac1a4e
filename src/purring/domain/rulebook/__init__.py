"""The rules of card networks and bank schemes as dated, sourced data; a rule only ever forbids or delays.

`reasons` closes the lists of meanings, `codes` shapes a row, `codes_*` hold one table each, `tables` looks a code up,
`limits` says how often a card or an account may be charged, `pages` writes the reference from the rows.
"""
