"""The countries whose numbers a product's data is likely to hold, from what its file says anyway."""

from __future__ import annotations

CURRENCY = {
    "GBP": ("GB",), "USD": ("US",), "CAD": ("CA",), "CHF": ("CH",), "PLN": ("PL",), "SEK": ("SE",), "NOK": ("NO",),
    "DKK": ("DK",), "CZK": ("CZ",), "HUF": ("HU",), "RON": ("RO",), "AUD": ("AU",), "NZD": ("NZ",), "JPY": ("JP",),
    "INR": ("IN",), "BRL": ("BR",), "MXN": ("MX",), "ZAR": ("ZA",), "TRY": ("TR",), "CNY": ("CN",), "SGD": ("SG",),
    "EUR": ("DE", "AT", "FR", "ES", "IT", "NL", "BE", "PT", "IE", "FI", "GR", "LU"),
}
CITY = {
    "Berlin": "DE", "Vienna": "AT", "Paris": "FR", "Madrid": "ES", "Rome": "IT", "Amsterdam": "NL", "Brussels": "BE",
    "Lisbon": "PT", "Dublin": "IE", "Helsinki": "FI", "Athens": "GR", "Luxembourg": "LU", "London": "GB",
    "Zurich": "CH", "Warsaw": "PL", "Stockholm": "SE", "Oslo": "NO", "Copenhagen": "DK", "Prague": "CZ",
    "Budapest": "HU", "Bucharest": "RO", "New_York": "US", "Chicago": "US", "Denver": "US", "Los_Angeles": "US",
    "Toronto": "CA", "Vancouver": "CA", "Sydney": "AU", "Melbourne": "AU", "Auckland": "NZ", "Tokyo": "JP",
    "Kolkata": "IN", "Sao_Paulo": "BR", "Mexico_City": "MX", "Johannesburg": "ZA", "Istanbul": "TR",
}


def regions_of(timezone: str, currency: str = "", locale: str = "") -> tuple[str, ...]:
    """ISO country codes: that of the time zone's city, of the locale (`de-AT`), and those that pay in the currency."""
    city = CITY.get(timezone.rpartition("/")[2])
    spoken = locale.replace("_", "-").partition("-")[2].upper()
    found = {city, spoken if len(spoken) == 2 else None, *CURRENCY.get(currency, ())} - {None}
    return tuple(sorted(found))
