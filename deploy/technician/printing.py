"""``python -m deploy.technician.printing FOLDER``: the guide as pages to print, HTML and (with Debian's chromium) PDF on A4."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from markdown_it import MarkdownIt

from deploy.technician.guide.pages import PAGES, pages

STYLE: Final = """
@page { size: A4; margin: 14mm 14mm 16mm; }
body { font: 10.5pt/1.45 "Noto Sans CJK SC", "Noto Sans", sans-serif; color: #111; max-width: 182mm; margin: 0 auto; }
h1 { font-size: 20pt; margin: 0 0 2mm; }
h2 { font-size: 13pt; margin: 7mm 0 2mm; border-bottom: 0.4mm solid #111; break-after: avoid; }
h3 { font-size: 11pt; margin: 4mm 0 1mm; break-after: avoid; }
table { border-collapse: collapse; width: 100%; margin: 1mm 0 3mm; }
th, td { border: 0.2mm solid #888; padding: 1mm 1.6mm; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
td:first-child { white-space: nowrap; overflow-wrap: normal; }
table.wide td:first-child { white-space: normal; }
th { background: #eee; white-space: nowrap; }
thead { display: table-header-group; }
tr, li { break-inside: avoid; }
p:has(+ pre), p:has(+ table) { break-after: avoid; }
code { font: 9pt/1.4 "Noto Sans Mono CJK SC", monospace; overflow-wrap: anywhere; }
span { white-space: nowrap; }
pre { background: #f4f4f4; padding: 2mm; white-space: pre-wrap; break-inside: avoid; }
a { color: inherit; text-decoration: none; }
@media screen { body { padding: 4mm; } }
"""

_OPTION: Final = re.compile(r"(?<=[\s>])--?[A-Za-z][A-Za-z0-9-]*")


def page(text: str, language: str) -> str:
    """One HTML page that needs nothing else."""
    body = MarkdownIt("commonmark").enable("table").render(text)
    # a first column of sentences may break, one of codes and numbers does not
    body = re.sub(
        r"<table>(?=\s*<thead>\s*<tr>\s*<th>(?:it says|卡上写着|part|备件)</th>)",
        '<table class="wide">',
        body,
    )
    # no line ends inside an option: who types from paper would type what is not there
    body = _OPTION.sub(r"<span>\g<0></span>", body)
    # the two languages lie beside each other; the other pages do not
    body = re.sub(r'<a href="([^"]*)">(.*?)</a>', _link, body)
    title = text.splitlines()[0].lstrip("# ")
    return (
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{STYLE}</style></head><body>\n{body}</body></html>\n"
    )


def _link(link: re.Match[str]) -> str:
    to, words = link.groups()
    return f'<a href="{Path(to).with_suffix(".html")}">{words}</a>' if to in PAGES.values() else words


def main(argv: list[str]) -> int:
    """Write both languages into a folder; without chromium the HTML alone, and say so."""
    (folder,) = map(Path, argv)
    folder.mkdir(parents=True, exist_ok=True)
    languages = {name: language for language, name in PAGES.items()}
    chromium = shutil.which("chromium")
    for name, text in pages():
        html = folder / Path(name).with_suffix(".html")
        html.write_text(page(text, languages[name]), encoding="utf-8")
        print(html)
        if chromium is not None:
            pdf = html.with_suffix(".pdf")
            command = [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
            subprocess.run(
                [*command, f"--print-to-pdf={pdf}", html.absolute().as_uri()], check=True, capture_output=True
            )
            print(pdf)
    if chromium is None:
        print(
            "no PDF: there is no chromium on this machine (apt-get install chromium); a browser prints the HTML as well"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
