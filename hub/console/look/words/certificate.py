"""The page from which a computer gets the certificate of the hall's pages, and the entrance for whoever came without TLS."""

from __future__ import annotations

from typing import Final

from hall.text import Text
from hub.console.look.words.entry import text as _t

WORDS: Final[dict[str, Text]] = {
    "cert.staff": _t("工作人员入口", "Staff entrance"),
    "cert.enter": _t("进入工作人员页面", "Enter the staff's pages"),
    "cert.here": _t("本电脑第一次使用：安装证书", "First time on this computer: install the certificate"),
    "cert.title": _t("大厅网页证书", "The certificate of the hall's pages"),
    "cert.why": _t(
        "工作人员页面加密传输。每台电脑安装一次本大厅的证书，浏览器就认得大厅主机，不再提示不安全",
        "Staff's pages come encrypted. Install the hall's certificate once on each computer: its browser then knows the hall box and "
        "warns no more",
    ),
    "cert.visitors": _t("办事群众的手机和大屏不用安装", "Visitors' phones and the hall board need nothing"),
    "cert.compare": _t(
        "安装前请核对指纹：与主机上 hall hub install 显示的完全一致才安装；不一致请停下，并告诉系统管理员",
        "Compare the fingerprint before you install: only when it is exactly what `hall hub install` shows on the hall box. When it is "
        "not, stop and tell the administrator",
    ),
    "cert.print": _t("SHA-256 指纹", "SHA-256 fingerprint"),
    "cert.limits": _t(
        "这份证书只对内部网络的地址有效，不能为其他网站作证",
        "It counts for addresses of private networks only and vouches for no other site",
    ),
    "cert.get": _t("下载证书", "Download the certificate"),
    "cert.windows": _t(
        "Windows：双击下载的文件，安装证书，本地计算机，放入“受信任的根证书颁发机构”",
        "Windows: open the file, Install Certificate, Local Machine, into Trusted Root Certification Authorities",
    ),
    "cert.chromium": _t(
        "统信、麒麟等系统的浏览器：设置，隐私和安全，管理证书，授权中心，导入，选“信任该证书以标识网站”",
        "Chromium and its kin on Linux: Settings, Privacy and security, Manage certificates, Authorities, Import, trust it for websites",
    ),
    "cert.firefox": _t(
        "Firefox：设置，隐私与安全，查看证书，证书颁发机构，导入，选“信任由此证书颁发机构来标识网站”",
        "Firefox: Settings, Privacy & Security, View Certificates, Authorities, Import, trust it to identify websites",
    ),
    "cert.tablet": _t(
        "安卓平板：设置，安全，安装证书，CA 证书。iPad：安装描述文件后，在“关于本机，证书信任设置”中打开",
        "Android tablet: Settings, Security, Install a certificate, CA certificate. iPad: install the profile, then switch it on under "
        "About, Certificate Trust Settings",
    ),
    "cert.not-here": _t(
        "这一步要在加密页面上做，请从这里进入", "This is done on the encrypted pages only; please enter here"
    ),
}
