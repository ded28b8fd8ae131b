"""Stores: where datablocks lie. One protocol (`emdewar.stores.store`), one driver a module."""
