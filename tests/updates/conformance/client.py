"""The client under test, driven through its command line as a suite drives it."""

from urllib.parse import unquote

from tuf.api.metadata import Metadata

from scripts.tuf_client import main


class Client:
    """One client with folders of its own, looking at one repository."""

    def __init__(self, folder, repository, address):
        self.metadata, self.downloads = folder / "metadata", folder / "targets"
        self.folder, self.repository, self.address = folder, repository, address
        for each in (self.metadata, self.downloads):
            each.mkdir()

    def init(self, root=None):
        """Give it the repository's first root, or another."""
        first = self.folder / "initial_root.json"
        first.write_bytes(root or self.repository.files["1.root.json"])
        return main(["--metadata-dir", str(self.metadata), "init", str(first)])

    def refresh(self):
        return main([*self._options(), "refresh"])

    def download(self, path):
        more = ["--target-name", path, "--target-base-url", f"{self.address}/targets"]
        return main([*self._options(), *more, "--target-dir", str(self.downloads), "download"])

    def _options(self):
        return ["--metadata-dir", str(self.metadata), "--metadata-url", f"{self.address}/metadata"]

    # -- what it holds true afterwards -----------------------------------------------------------------------------

    def trusted(self):
        """Role and version of each role that it believes."""
        return {
            unquote(file.name.removesuffix(".json")): Metadata.from_file(str(file)).signed.version
            for file in self.metadata.glob("*.json")
        }

    def bytes_of(self, role):
        return (self.metadata / f"{role}.json").read_bytes()

    def downloaded(self):
        return {unquote(file.name): file.read_bytes() for file in self.downloads.iterdir()}
