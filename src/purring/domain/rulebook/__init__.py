"""The rules of card networks and bank schemes as dated, sourced data; a rule only ever forbids or delays.

    reasons     the closed lists: what a decline can mean, and what may be done after it
    codes       the shape of one row: a code, its meaning, class, delay, source and dates
    codes_*     one table per network, scheme or gateway
    limits      how often a card or an account may be charged, and when it may be charged next
    pages       the reference pages, written from the rows
"""
