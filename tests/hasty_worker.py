"""Our worker, but one that was killed is missed sooner: the product gives an activity half a minute and more."""

from datetime import timedelta

from activities import shipping
from worker.__main__ import main
from workflows import options

if __name__ == "__main__":
    for limits in (options.DATABASE, options.GATEWAY, options.LABEL):
        limits["start_to_close_timeout"] = timedelta(seconds=6)
    shipping.PURCHASE_SECONDS = 2
    main()
