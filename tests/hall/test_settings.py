"""Settings never guess (C10), and every mistake names file, key and what was expected."""

import re
from pathlib import Path

import msgspec
import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from hall import settings
from hall.errors import BadSettings
from hall.plan import HallPlan


class Inner(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    port: int
    names: tuple[str, ...] = ()


class Sample(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    on: bool = False
    rate: float = 1.0
    inner: tuple[Inner, ...] = ()
    limits: dict[str, int] = {}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("12:30", "12:30"),
        ("010", "010"),
        ("006", "006"),
        ("0x10", "0x10"),
        ("0o17", "0o17"),
        ("1_000", "1_000"),
        ("1e3", "1e3"),
        ("+1", "+1"),
        (".5", ".5"),
        ("1.", "1."),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("off", "off"),
        ("True", "True"),
        ("FALSE", "FALSE"),
        ("Null", "Null"),
        ("~", "~"),
        ("2026-11-22", "2026-11-22"),
        ("12329", 12329),
        ("0", 0),
        ("-3", -3),
        ("9" * 30, "9" * 30),
        ("0.5", 0.5),
        ("-1.25", -1.25),
        ("00.5", "00.5"),
        ("true", True),
        ("false", False),
        ("null", None),
        ("", None),
        ('"12329"', "12329"),
        ("'true'", "true"),
        ('"null"', "null"),
        ("提取（租房）", "提取（租房）"),
        ("|\n  12\n", "12\n"),
    ],
)
def test_only_what_is_plainly_a_number_a_truth_or_nothing_is_not_text(written, value):
    found = settings.parse(f"key: {written}\n")["key"]
    assert found == value
    assert type(found) is type(value)


def test_keys_are_text_whatever_they_look_like():
    text = "4: a\nno: b\n12:30: c\nnull: d\n"
    assert settings.parse(text) == {"4": "a", "no": "b", "12:30": "c", "null": "d"}


@pytest.mark.parametrize(
    ("text", "key", "expected"),
    [
        ("a: 1\nb: {c: 1, c: 2}\n", "b.c (line 2)", "this key only once"),
        ("a: 1\n'a': 2\n", "a (line 2)", "this key only once"),
        ("a: &x 1\nb: *x\n", "a (line 1)", "no anchors"),
        ("b: *x\n", "b (line 1)", "no anchors"),
        ("a: [*x]\n", "a[0] (line 1)", "no anchors"),
        ("a: {<<: {b: 1}}\n", "a (line 1)", "no merge keys"),
        ("a: !!int '3'\n", "a (line 1)", "no tags"),
        ("a: !python/object:os.system x\n", "a (line 1)", "no tags"),
        ("a: ! b\n", "a (line 1)", "no tags"),
        ("? [a, b]\n: c\n", "(file) (line 1)", "a plain key"),
        ("a: 1\n---\nb: 2\n", "(file) (line 2)", "one document"),
        ("a: [1, 2\n", "line 2, column 1", "YAML"),
        ("a: 1\n\tb: 2\n", "line 2, column 1", "YAML"),
        ("a: b\0c\n", "line 1", "U+0000"),
        ("a: b\n# \x1b[31m\n", "line 2", "U+001B"),
        ("a: '\u202egnp.exe'\n", "line 1", "U+202E"),
        ('a: "\\u202e"\n', "a (line 1)", "U+202E"),
        ('a: "\\0"\n', "a (line 1)", "U+0000"),
        ("[" * 100, "[0]" * 33, "at most 32 levels"),
        ("- 1\n" * 60_000, "[49999]", "at most 50000 values"),
    ],
)
def test_what_would_need_guessing_is_refused_where_it_stands(text, key, expected):
    with pytest.raises(BadSettings) as caught:
        settings.parse(text, "f.yaml")
    assert caught.value.file == "f.yaml"
    assert caught.value.key.startswith(key)
    assert expected in caught.value.expected


@given(st.text("ab10.-: \n\t\r\x85\"'{}[],#&*!|>?%@`<本（", max_size=40))
@example("window: {a?b: 1}")
@example("a\tb")
@example("|# no block")
@example("a: !t, b")
def test_both_of_yamls_readers_read_the_same(text):
    """What the quick one reads is what a machine without it would have read."""

    def read():
        try:
            return settings.parse(text)
        except BadSettings as bad:
            return bad.key, bad.expected

    with pytest.MonkeyPatch.context() as patch:
        quickly = read()
        patch.setattr(settings, "_QUICK", None)
        assert quickly == read()


def test_an_address_with_its_port_and_long_chinese_lists_are_text():
    text = "host: 10.0.0.1:1883\nmac: 12:34:56:78:90:12\nlist: [本人身份证, 配偶身份证（已婚）]\n"
    assert settings.parse(text) == {
        "host": "10.0.0.1:1883",
        "mac": "12:34:56:78:90:12",
        "list": ["本人身份证", "配偶身份证（已婚）"],
    }


def load(tmp_path, text, kind=Sample):
    path = tmp_path / "s.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return settings.load(path, kind)


def test_a_file_becomes_its_struct(tmp_path):
    text = "name: 大厅\non: true\nrate: 2\ninner:\n- {port: 1, names: [a, b]}\nlimits: {A: 3}\n"
    assert load(tmp_path, text) == Sample(
        "大厅", on=True, rate=2.0, inner=(Inner(1, ("a", "b")),), limits={"A": 3}
    )
    assert load(tmp_path, b"\xef\xbb\xbfname: bom\r\n") == Sample("bom")


@pytest.mark.parametrize(
    ("text", "key", "expected"),
    [
        ("", "(file)", "keys with values, found null"),
        ("- 1\n", "(file)", "keys with values, found a list"),
        ("on: true\n", "name", "a value (it is missing)"),
        ("name: 12\n", "name", "text, found a whole number"),
        ("name: a\non: yes\n", "on", "true or false, found text"),
        ("name: a\nrate: fast\n", "rate", "a number, found text"),
        ("name: a\ncolour: red\n", "colour", "no such key"),
        ("name: a\ninner: [{port: 1}, {port: 12:30}]\n", "inner[1].port", "a whole number, found text"),
        ("name: a\ninner: [{port: 1, pot: 2}]\n", "inner[0].pot", "no such key"),
        ("name: a\ninner: [{names: []}]\n", "inner[0].port", "a value (it is missing)"),
        ("name: a\ninner: [{port: 1, names: [x, 3]}]\n", "inner[0].names[1]", "text, found a whole number"),
        ("name: a\nlimits: {A: x}\n", "limits.A", "a whole number, found text"),
        ("name: a\nlimits: {A: 3, B: 4, C: x, D: y}\n", "limits.C", "a whole number, found text"),
        ("name: a\nlimits: [3]\n", "limits", "keys with values, found a list"),
    ],
)
def test_a_mistake_names_file_key_and_expectation(tmp_path, text, key, expected):
    with pytest.raises(BadSettings) as caught:
        load(tmp_path, text)
    error = caught.value
    assert (error.file, error.key, error.expected) == (str(tmp_path / "s.yaml"), key, expected)
    assert str(tmp_path / "s.yaml") in error.text.en
    assert (key in error.text.zh) == (key != "(file)"), "nobody reads a key where the whole file is meant"


@pytest.mark.parametrize(
    ("data", "expected"), [(b"name: \xff\n", "UTF-8"), (b"a" * (2**20 + 1), "at most 1048576 bytes")]
)
def test_a_file_that_is_no_text_or_too_large_is_refused(tmp_path, data, expected):
    with pytest.raises(BadSettings, match=expected):
        load(tmp_path, data)


@pytest.mark.parametrize("name", ["missing.yaml", ".", "a\0b"])
def test_a_file_that_cannot_be_read_is_refused_in_a_sentence(tmp_path, name):
    with pytest.raises(BadSettings, match="expected a file"):
        settings.load(f"{tmp_path}/{name}", Sample)


YAMLISH = st.text(
    st.sampled_from(list("ab:-[]{}&*!|>'\"%@`#,?~<\\ \n\t0.9\0\x85\u2028é提\U0001f600")), max_size=60
)


@given(st.text(max_size=80) | YAMLISH)
@example("{" * 5000)
@example("- " * 5000)
@example("a: " * 300)
@example("%YAML 9.9\n---\na: 1")
@example("%TAG ! tag:x,2000:\n---\n!a b")
@example("? ? ? a")
@example('"\\UFFFFFFFF"')
@example("\ufeff\ufeff")
def test_any_text_is_read_or_refused_and_nothing_else(text):
    try:
        value = settings.parse(text)
        settings.convert(value, Sample, "f")
    except BadSettings as error:
        caught = error
    else:
        return
    assert caught.text.en.isprintable()


@given(st.binary(max_size=60))
def test_any_file_is_read_or_refused_and_nothing_else(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(data)
    with pytest.raises(BadSettings):
        settings.load(path, Sample)


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**17), 10**17)
    | st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abcdef.1:", max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(PLAIN)
def test_what_a_yaml_writer_quotes_as_needed_comes_back(value):
    quoted = yaml.dump(value, Dumper=Quoting, allow_unicode=True)
    assert settings.parse(quoted) == value


class Quoting(yaml.SafeDumper):
    """Writes all text in quotes."""


Quoting.add_representer(
    str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')
)


# --- the hall's own plan

EXAMPLE = Path(__file__).parents[2] / "deploy" / "hall.example.yaml"

PLAN = """
id: demo
name: {zh: 示例大厅, en: Example hall}
timezone: Asia/Shanghai
hotline: "12329"
supervision: "0000"
hours: {week: {mon: {open: 09:00, close: 17:00}}}
services:
  loan: {letter: A, name: {zh: 贷款, en: Loan}, target_min: 40}
  ask: {letter: F, name: {zh: 咨询, en: Enquiry}, target_min: 5}
windows:
- {window: 1, serves: [loan, ask]}
staff: [006, 011]
members:
  sign-1: {kind: sign, window: 1}
  dispenser-1: {kind: dispenser}
"""


def test_a_plan_with_times_and_work_numbers_as_people_write_them(tmp_path):
    plan = load(tmp_path, PLAN, HallPlan)
    assert plan.hours.week["mon"].open == "09:00"
    assert plan.staff == ("006", "011")


@pytest.mark.parametrize(
    ("wrong", "key", "expected"),
    [
        (("Asia/Shanghai", "Asia/Nowhere"), "timezone", "a time zone"),
        (("Asia/Shanghai", "../../etc/passwd"), "timezone", "a time zone"),
        (("letter: F", "letter: A"), "services.ask.letter", "a letter of its own"),
        (("serves: [loan, ask]", "serves: [loan, tax]"), "windows[0].serves[1]", "a service of this hall"),
        (("serves: [loan, ask]", "serves: [loan, loan]"), "windows[0].serves[1]", "each service once"),
        (("serves: [loan, ask]", "serves: []"), "windows[0].serves", "at least one service"),
        (
            ("{window: 1, serves", "{window: 7, serves: [ask]}\n- {window: 7, serves"),
            "windows[1].window",
            "a number of its own",
        ),
        (("sign, window: 1", "sign, window: 2"), "members.sign-1.window", "a window of this hall"),
        (("sign, window: 1", "sign"), "members.sign-1.window", "the window of this sign"),
        (
            ("kind: dispenser", "kind: dispenser, zones: [东区]"),
            "members.dispenser-1.zones",
            "a speaker's alone",
        ),
        (
            ("kind: dispenser", "kind: speaker, zones: [东区]"),
            "members.dispenser-1.zones[0]",
            "a zone that some window",
        ),
        (("kind: dispenser", "kind: hub"), "members.dispenser-1", "the hub is no registered member"),
        (("mon:", "monday:"), "hours.week.monday", "one of mon, tue"),
        (("17:00", "08:00"), "hours.week.mon.close", "a time after 09:00"),
        (("{mon: {open: 09:00, close: 17:00}}", "{}"), "hours.week", "at least one day"),
        (("zh: 贷款", "zh: 贷款😀"), "services.loan.name.zh", "GB2312"),
        (("zh: 贷款", 'zh: " "'), "services.loan.name.zh", "text"),
        (("en: Loan", 'en: "a\\tb"'), "services.loan.name.en", "without control characters"),
        (("letter: F", "letter: f"), "services.ask.letter", "text matching regex"),
        (("letter: F", "latter: F"), "services.ask.latter", "no such key"),
        (
            ("kind: sign", "kind: singing"),
            "members.sign-1.kind",
            "one of dispenser, sign, pad, speaker, call-key, console, hub, found 'singing'",
        ),
        (("  sign-1:", "  Sign 1:"), "members.Sign 1", "another name for this key"),
        (("close: 17:00", "close: 25:00"), "hours.week.mon.close", "text matching regex"),
        (("target_min: 5", "target_min: 0"), "services.ask.target_min", "a whole number >= 1"),
        (("[006, 011]", "[006, 006]"), "staff", "each work number once"),
        (("hotline:", "public_url: ftp://x\nhotline:"), "public_url", "http"),
        (("hotline:", "lanes: {priority: {}}\nhotline:"), "lanes", "normal"),
    ],
)
def test_a_plan_whose_parts_do_not_fit_is_refused_by_key(tmp_path, wrong, key, expected):
    assert wrong[0] in PLAN
    with pytest.raises(BadSettings) as caught:
        load(tmp_path, PLAN.replace(*wrong, 1), HallPlan)
    assert caught.value.key == key
    assert expected in caught.value.expected


def test_the_command_says_ok_or_everything_that_is_wrong(tmp_path, capsys):
    path = tmp_path / "hall.yaml"
    path.write_text(PLAN, encoding="utf-8")
    assert settings.check(file=path) == 0
    assert capsys.readouterr().out == f"{path}: ok\n"
    path.write_text(PLAN.replace("letter: F", "letter: A").replace("17:00", "08:00"), encoding="utf-8")
    assert settings.check(file=path) == 1
    assert re.findall(r"(?:hours|services)[\w.]*", capsys.readouterr().err) == [
        "hours.week.mon.close",
        "services.ask.letter",
    ]
    path.write_text("id: [", encoding="utf-8")
    assert settings.check(file=path) == 1
    assert "expected YAML" in capsys.readouterr().err


def test_the_example_hall_is_right():
    assert settings.check(file=EXAMPLE) == 0
