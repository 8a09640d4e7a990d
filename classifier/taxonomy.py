"""The nineteen topics, one taxonomy for English and Chinese.

The order is part of the weights' format: head rows, Score.topics and every table follow it. Adding a topic
means a new model version; renaming one means the same. What each data set's own labels become is decided in
`classifier/labels.py` and explained in docs/labels.md.
"""

from typing import Final

TOPICS: Final[dict[str, str]] = {
    "earnings": "A company's results, guidance, sales figures or profit warnings for a period.",
    "analyst_ratings": "A broker or analyst starts, raises, lowers or repeats a rating or price target on a stock.",
    "mergers_acquisitions": "Bids, mergers, takeovers, stake purchases, divestments and their failure.",
    "ipo_fundraising": "Listings, share placements, rights issues and venture rounds: equity being raised.",
    "dividends_buybacks": "Money handed back to shareholders: dividends, bonus shares, repurchases.",
    "credit_debt": "Bonds, loans, credit ratings, defaults and insolvency of companies and of states.",
    "central_banks": "Policy rates, money supply, liquidity operations and words of central bankers.",
    "macro_economy": "Growth, prices, jobs, trade and other figures or forecasts of a whole economy.",
    "equities_market": "Moves and comments of stock prices: indices, sectors, single shares, flows.",
    "currencies": "Exchange rates, interventions in them and foreign-exchange policy.",
    "energy": "Oil, gas, coal, power and fuels: prices, supply, inventories, producers' policy.",
    "metals_commodities": "Gold, base metals, grains, softs and other goods traded as commodities.",
    "crypto": "Crypto-currencies, tokens, their exchanges and their regulation.",
    "real_estate": "Housing, offices, mortgages, developers and land.",
    "legal_regulation": "Courts, probes, fines, disclosure breaches, fraud, and rules made or enforced.",
    "management": "Who runs or controls a company: appointments, departures, board and shareholder control.",
    "company_product": "What a company does otherwise: products, contracts, plants, partnerships, recalls.",
    "politics_geopolitics": "Governments, elections, wars, sanctions and diplomacy.",
    "general": "News and opinion outside the above, among them public health, weather and society.",
}
"""Topic name -> the sentence that defines it, in the order of the model's topic head."""

TOPIC_NAMES: Final[tuple[str, ...]] = tuple(TOPICS)
SENTIMENTS: Final[tuple[str, ...]] = ("negative", "neutral", "positive")
REGISTERS: Final[tuple[str, ...]] = ("news", "social", "forum")
"""Where a text was written for: the sets disagree on what neutral means, so sentiment is conditioned on it."""
