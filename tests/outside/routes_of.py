"""Prints every route of the console's program, as [method, path]; run as a program of its own, since routes are made once."""

import json
import sys
from pathlib import Path

from nicegui import app

from hall.plan import HallPlan
from hall.settings import load
from hall.tls import BrokerSettings
from hub.console.app import routes
from hub.console.door.office import Office
from hub.console.mirror.backstage import Backstage

folder = Path(sys.argv[1])
plan = load(Path("deploy/hall.example.yaml"), HallPlan)
backstage = Backstage(
    plan,
    member="console-web",
    broker=BrokerSettings(port=1),
    store=str(folder / "hub.db"),
    card=folder / "card.db",
)
office = Office(folder / "console.db")
routes(backstage, office, folder / "setup-code")
found = {
    (method, route.path) for route in app.routes for method in getattr(route, "methods", None) or {"MOUNT"}
}
print(json.dumps(sorted(found)))
office.close()
