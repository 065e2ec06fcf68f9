"""Trials that sleep, so that what remains is the cost of running trials at all."""

import time

from textclf.sweep.orders import FINISHED, Link, Order, Outcome


def sleep(order: Order, _link: Link) -> Outcome:
    """Sleep for the seconds in the order's config."""
    time.sleep(order.config["seconds"])
    return Outcome(order.name, order.attempt, FINISHED, {order.score: 0.0})
