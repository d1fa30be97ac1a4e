"""Where the made-up customers live, how they are called and what they pay with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Place:
    """A country: its zones, its currency, the language of its notices, its bank scheme ("" if none) and names."""

    country: str
    timezones: Mapping[str, float]
    currency: str
    locale: str
    bank_scheme: str
    bank_share: float
    company: str
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]


NORWAY = Place(
    country="NO",
    timezones={"Europe/Oslo": 1},
    currency="NOK",
    locale="nb",
    bank_scheme="",
    bank_share=0,
    company="{} AS",
    first_names=("Kari", "Ola", "Ingrid", "Lars", "Silje", "Magnus", "Solveig", "Eirik"),
    last_names=("Hansen", "Berg", "Solberg", "Haugen", "Lie", "Moen", "Strand", "Dahl"),
)

PLACES: Mapping[Place, float] = {
    NORWAY: 34,
    Place(
        country="DE",
        timezones={"Europe/Berlin": 1},
        currency="EUR",
        locale="en",
        bank_scheme="sepa",
        bank_share=0.45,
        company="{} GmbH",
        first_names=("Anna", "Jonas", "Lena", "Felix", "Marie", "Paul"),
        last_names=("Schmidt", "Fischer", "Weber", "Becker", "Wolf", "Braun"),
    ): 14,
    Place(
        country="FR",
        timezones={"Europe/Paris": 1},
        currency="EUR",
        locale="en",
        bank_scheme="sepa",
        bank_share=0.3,
        company="{} SARL",
        first_names=("Camille", "Louis", "Chloé", "Hugo", "Léa", "Jules"),
        last_names=("Martin", "Bernard", "Petit", "Moreau", "Laurent", "Garnier"),
    ): 7,
    Place(
        country="GB",
        timezones={"Europe/London": 1},
        currency="GBP",
        locale="en",
        bank_scheme="bacs",
        bank_share=0.35,
        company="{} Ltd",
        first_names=("Olivia", "George", "Amelia", "Harry", "Isla", "Jack"),
        last_names=("Taylor", "Hughes", "Walker", "Green", "Clarke", "Hall"),
    ): 13,
    Place(
        country="US",
        timezones={"America/New_York": 5, "America/Chicago": 3, "America/Los_Angeles": 2},
        currency="USD",
        locale="en",
        bank_scheme="ach",
        bank_share=0.15,
        company="{} Inc.",
        first_names=("Emma", "Liam", "Ava", "Noah", "Mia", "James"),
        last_names=("Smith", "Johnson", "Brown", "Davis", "Garcia", "Miller"),
    ): 20,
    Place(
        country="JP",
        timezones={"Asia/Tokyo": 1},
        currency="JPY",
        locale="en",
        bank_scheme="",
        bank_share=0,
        company="{} KK",
        first_names=("Yui", "Haruto", "Aoi", "Sota", "Hina", "Ren"),
        last_names=("Sato", "Suzuki", "Tanaka", "Ito", "Yamada", "Mori"),
    ): 7,
    Place(
        country="IS",
        timezones={"Atlantic/Reykjavik": 1},
        currency="ISK",
        locale="en",
        bank_scheme="",
        bank_share=0,
        company="{} ehf.",
        first_names=("Guðrún", "Jón", "Anna", "Sigurður", "Katrín", "Gunnar"),
        last_names=("Jónsdóttir", "Sigurðsson", "Gunnarsdóttir", "Ólafsson", "Helgadóttir", "Einarsson"),
    ): 2,
    Place(
        country="SE",
        timezones={"Europe/Stockholm": 1},
        currency="SEK",
        locale="en",
        bank_scheme="",
        bank_share=0,
        company="{} AB",
        first_names=("Astrid", "Erik", "Elsa", "Oskar", "Maja", "Nils"),
        last_names=("Andersson", "Lindberg", "Nyström", "Holm", "Ek", "Sandberg"),
    ): 3,
}
"""Each place with its share of the customers."""

STEMS = (
    "Fjord", "Granite", "Harbor", "Juniper", "Kestrel", "Lantern", "Meadow", "North", "Osprey", "Pebble", "Quill",
    "River", "Saffron", "Tundra", "Umber", "Violet", "Willow", "Yarrow", "Zephyr", "Alder", "Birch", "Cedar", "Delta",
    "Ember",
)  # fmt: skip
TRADES = (
    "Dental",
    "Design",
    "Foods",
    "Garage",
    "Legal",
    "Media",
    "Optics",
    "Print",
    "Studio",
    "Travel",
    "Works",
    "Yoga",
)

PRODUCTS: Mapping[str, float] = {"Solo": 1, "Team": 2.5, "Business": 6}
"""The merchant's products, and how many times the smallest one's price each costs."""

MONTHLY_MINOR: Mapping[str, int] = {
    "NOK": 19_900,
    "EUR": 1_900,
    "GBP": 1_600,
    "USD": 1_900,
    "JPY": 2_900,
    "ISK": 2_700,
    "SEK": 19_900,
}
"""What the smallest product costs a month, in minor units."""

MONTHS_PAID: Mapping[str, float] = {"1 month": 1, "1 week": 0.25, "1 year": 10}
"""How many months' price one period of an interval costs."""

PRODUCTS_SOLD: Mapping[str, float] = {"Solo": 5, "Team": 4, "Business": 1}
"""Each product's share of the subscriptions."""
