"""What every test of the staff's pages does."""


def at(name):
    return f"[data-test={name}]"


def log_in(page, hall, role, password):
    page.goto(hall.url + "login")
    page.fill("#login", role)
    page.fill("#password", password)
    page.click("button[type=submit]")
