"""Every message of the hall as a typed, frozen struct, one file per direction of speech.

``asks`` members to hub, ``answers`` hub to askers, ``facts`` what was committed, ``events`` devices' durable reports, ``commands``
and ``wants`` hub to devices, ``presence`` who is there.
"""
