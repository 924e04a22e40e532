"""The page of cases, and the forms with which other pages begin one."""
