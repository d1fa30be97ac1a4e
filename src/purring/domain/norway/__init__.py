"""What only Norway has: KID numbers, and the law of reminders, fees and late interest as dated data.

`kid` writes and checks payment references, `law` shapes the rows, `dunning_rows` holds them, `dunning` reckons amounts,
`charges` decides whether one may be claimed, `pages` writes the reference. Nothing here starts by itself: a declined
charge or its retry never leads to a fee.
"""
