"""Cards as they come out of Raspberry Pi Imager, before anybody has written anything of ours on them."""

from deploy.card.formats import FIRSTBOOT

CMDLINE = (
    "console=serial0,115200 console=tty1 root=PARTUUID=8a3c1f2e-02 rootfstype=ext4 fsck.repair=yes rootwait"
)
CONFIG = b"# For more options see the documentation\ndtparam=audio=on\n\n[cm5]\ndtoverlay=dwc2,dr_mode=host\n\n[all]\n"
COMMON = {"cmdline.txt": f"{CMDLINE}\n".encode(), "config.txt": CONFIG}
ISSUE = "Raspberry Pi reference {date}\nGenerated using pi-gen, stage2\n"
#: a boot partition's files that matter
CARDS = {
    "bookworm": {**COMMON, "cmdline.txt": f"{CMDLINE} quiet {FIRSTBOOT}\n".encode(), "issue.txt": ISSUE.format(date="2024-11-19").encode()},
    "trixie": {**COMMON, "user-data": b"#cloud-config\n", "meta-data": b"dsmode: local\ninstance_id: rpios-image\n", "issue.txt": ISSUE.format(date="2025-12-04").encode()},
    "preseed": {**COMMON, "rpi-preseed.toml": b'config_version = "1.0"\n'},
    "golden": {**COMMON, "hall/image.json": b'{"python": "3.13", "platform": "aarch64", "suite": "trixie"}'},
}  # fmt: skip
