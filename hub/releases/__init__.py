"""Which release each device is to run: chosen here, made elsewhere, and believed for its signers' sake alone (docs/updates.md)."""
