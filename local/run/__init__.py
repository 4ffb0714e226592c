"""The embedded run: every process of Souk on this machine, under supervisor.

Tests start a system of their own beside the developer's:

    from run import System
    with System(home=tmp_path, port_base=19080, settings={"PAYMENT_WINDOW_SECONDS": "5"}) as system:
        httpx.get(system.url("/api/v1/products/"))
        system.kill("orders-worker")
"""

from run.system import System

__all__ = ["System"]
