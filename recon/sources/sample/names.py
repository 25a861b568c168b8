"""Names of the sample's companies and people, all made up."""

from __future__ import annotations

FIRST = (
    "Alder", "Amber", "Arden", "Ash", "Aspen", "Basalt", "Beacon", "Birch", "Bram", "Bright",
    "Calder", "Cedar", "Clear", "Cobalt", "Copper", "Coral", "Crest", "Dale", "Dover", "East",
    "Elm", "Ember", "Fair", "Fern", "Flint", "Fox", "Glen", "Gold", "Granite", "Green",
    "Harbor", "Hart", "Haven", "Hazel", "High", "Holly", "Iron", "Ivy", "Juniper", "Kest",
    "Kings", "Lake", "Larch", "Lin", "Lumen", "Maple", "Mar", "Mead", "Mill", "Moss",
    "North", "Oak", "Opal", "Orchard", "Pine", "Quarry", "Raven", "Red", "Ridge", "River",
    "Rock", "Rowan", "Sable", "Sand", "Silver", "Slate", "South", "Spring", "Stone", "Summer",
    "Thorn", "Tide", "Umber", "Vale", "Verdant", "Wal", "West", "White", "Willow", "Winter",
)  # fmt: skip
SECOND = (
    "bank", "borough", "bourne", "bridge", "brook", "bury", "cliff", "combe", "cross", "dale",
    "den", "field", "ford", "gate", "grove", "ham", "haven", "hill", "holm", "hurst",
    "land", "leigh", "line", "mark", "mere", "mont", "moor", "point", "port", "ridge",
    "shaw", "side", "stead", "ton", "view", "ward", "water", "way", "wick", "wood",
)  # fmt: skip
TRADES = (
    "Analytics", "Biotech", "Capital", "Ceramics", "Components", "Devices", "Diagnostics",
    "Dynamics", "Energy", "Engineering", "Foods", "Freight", "Health", "Holdings", "Industries",
    "Instruments", "Insurance", "Interactive", "Laboratories", "Logistics", "Materials", "Media",
    "Mobility", "Networks", "Optics", "Outfitters", "Packaging", "Partners", "Pharma", "Retail",
    "Robotics", "Semiconductor", "Software", "Studios", "Systems", "Technologies", "Telecom",
    "Textiles", "Travel", "Works",
)  # fmt: skip
AUTHORITIES = (
    "City Council", "County Clerk", "Housing Authority", "Police Department", "Port Authority",
    "Public Library", "School District", "Transit Authority", "University", "Water District",
)  # fmt: skip
FORMS = {
    "USD": ("Inc.", "LLC", "Corp.", "Co."),
    "EUR": ("GmbH", "S.A.", "B.V.", "S.r.l."),
    "GBP": ("Ltd", "plc", "LLP", "Group Ltd"),
    "JPY": ("K.K.", "G.K.", "Japan K.K.", "Asia K.K."),
    "KWD": ("W.L.L.", "K.S.C.", "Gulf W.L.L.", "Trading W.L.L."),
}
OWNERS = (
    "Abel Ferrand", "Beatriz Lamont", "Carl Osgood", "Dana Whitlock", "Elif Sorensen",
    "Farid Haddow", "Greta Lindqvist", "Hugo Marchetti", "Ines Calloway", "Jonas Petrak",
    "Keiko Andersson", "Lars Okafor", "Mona Castellan", "Nils Abernathy", "Oona Delgado",
    "Priya Hartmann",
)  # fmt: skip
APPROVERS = (
    "Rosa Kimball", "Stefan Achterberg", "Teresa Vance", "Umar Lindgren", "Vera Stanhope",
)  # fmt: skip
# What the customer is owed, by revenue type, as revenue standards call it.
OBLIGATIONS = {
    "Subscription": "Platform access",
    "Support": "Support desk",
    "Maintenance": "Updates and fixes",
    "Service": "Managed service",
    "Implementation": "Go-live",
    "Consulting": "Advisory days",
    "Setup": "Tenant set-up",
}
