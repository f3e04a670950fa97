"""Sample sessions (``qinghe_town.json``, ``yunlan_county.json``) for demonstration and tests.

Invented sample data: places, people, units, projects, money and votes. Whatever in reality
has the same name has nothing to do with it.
"""
