"""``hall rules explain``: a hall's policy in the hall's own words."""

from pathlib import Path

from hall import cli

EXAMPLE = Path(__file__).parents[2] / "deploy" / "hall.example.yaml"


def test_the_example_hall_is_explained_in_both_languages(capfd):
    assert cli.call(cli.RULES_EXPLAIN, file=EXAMPLE) == 0
    said = capfd.readouterr().out
    assert (
        "return_after\n  过号的人回来后排在3位之后，号码不变\n  Who was missed comes back behind 3 others"
        in said
    )
    assert "贷款申请等候满40分钟提醒" in said
    assert said.count("预约号与现场号按同样的规则叫号") == 1


def test_settings_that_are_wrong_are_one_line(capfd, tmp_path):
    file = tmp_path / "hall.yaml"
    file.write_text("id: x\n", encoding="utf-8")
    assert cli.call(cli.RULES_EXPLAIN, file=file) == 1
    assert len(capfd.readouterr().err.splitlines()) == 1
