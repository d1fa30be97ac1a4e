"""The examples of the reference page. Each is a whole story, and a test runs it."""

SMALLEST = """\
title: A declined card is charged again two days later and pays
tells: [§1.2, §1.3]
given:
  methods:
    visa: {card: visa, answers: [decline insufficient_funds, approve]}
  subscriptions:
    main: {price: 249.00 NOK, every: 1 month, starts: 2026-05-01, method: visa}
timeline:
  - at: 2026-05-01
    expect:
      invoices: {main: {status: open, next: {step: charge, at: 2026-05-03 10:00}}}
      subscriptions: {main: {status: past_due, reason: payment_declined}}
      notices: {exactly: [{kind: payment_declined, number: 1}]}
  - at: 2026-05-03
    expect:
      invoices: {main: {status: paid, cause: retry, attempts: 2}}
"""

PEOPLE = """\
title: A Norwegian customer pays with a new card after two declines, and the stolen one is not charged again
tells: [§3, §4, §5]
given:
  merchant: {timezone: Europe/Oslo, policy: {retry: fixed, offsets_days: [3, 10, 20]}}
  customers:
    fjordbok:
      name: Fjordbok AS
      locale: nb
      country: NO
      people:
        - {name: Kari Nordmann, email: kari@fjordbok.example, locale: nb}
        - {name: Pat Smith, email: pat@fjordbok.example, role: payer}
  methods:
    old: {card: visa, expires: 12/2027, answers: [visa 51, visa 43]}
  subscriptions:
    main: {product: Archive, price: 990.00 NOK, every: 1 month, starts: 2026-05-01, quantity: 3, method: old}
timeline:
  - at: 2026-05-04 18:00
    do:
      - pay_now: {invoice: main, method: old}
        refused: method_not_usable
      - remove_method: {method: old}
        refused: {code: method_in_use, names: [main]}
      - add_method: {as: new, card: mastercard}
    expect:
      invoices:
        main:
          owed: 2970.00 NOK
          attempts: {exactly: [{class: retry_later}, {class: never_retry, at: 2026-05-04 10:00}]}
          next_charge: none
          barrier: method.stopped
          untied_method: new
  - at: +10 minutes
    do:
      - tie: {subscription: main, method: new}
      - pay_now: {invoice: main, method: new}
    expect:
      invoices: {main: {status: paid, cause: customer, captured: 2970.00 NOK}}
      notices:
        includes: [{kind: payment_received, to: kari@fjordbok.example, language: nb}]
finally:
  nothing_more: true
"""

TROUBLE = """\
title: A debit that can fail late, an outage, and a worker that dies; and still everybody is charged once
tells: [§3, §7]
begins: 2026-04-30
given:
  customers:
    acme: {timezone: America/New_York, country: US}
    beta: {timezone: Europe/Berlin, country: DE}
  methods:
    card: {of: acme, card: amex}
    account: {of: beta, bank_account: sepa, answers: [pending 3 days then sepa AM04], afterwards: approve}
  subscriptions:
    first: {of: acme, price: 80.00 USD, every: 1 year, starts: 2026-05-01, method: card}
    second: {of: beta, price: 49.00 EUR, every: 1 year, starts: 2026-05-01, method: account}
timeline:
  - at: day 0 22:00
    do:
      - kill_worker: {point: after_begin}
  - at: day 1 00:01
    expect:
      invoices: {first: {attempts: {last: {status: started}}, charges_seen: 0}}
  - at: day 1
    expect:
      invoices:
        first: {status: paid, captured: 80.00 USD, charges_seen: 1}
        second: {attempts: {exactly: [{status: pending}]}, next: {step: resolve, at: 2026-05-04}}
  - at: 2026-05-04
    do:
      - outage: {lasts: 3 days}
    expect:
      invoices: {second: {status: open, recovery: open, attempts: {last: {reason: insufficient_funds}}}}
  - at: 2026-05-08 09:00 Europe/Berlin
    expect:
      invoices: {second: {status: paid, charges_seen: 2}}
      notices_so_far: {includes: [{kind: payment_declined, count: 1}]}
"""
