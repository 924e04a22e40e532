"""What the speaker says: every public sentence, every kind of number, in words and in pinyin."""

import re

import pytest

from devices.call_speaker.phrases import LETTERS, cardinal, characters, digits, spoken
from devices.call_speaker.readings import pinyin, readings, unread
from hall.words import phrases

VOICE = {key: phrase.example or phrase.zh for key, phrase in phrases().items() if phrase.surface == "voice"}
SYLLABLES = re.compile(r"([a-z]+[1-5])+[,.]?")


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        ("请A012号，到3号窗口办理。", "请诶零幺二号，到三号窗口办理。"),
        ("请B100号，到12号窗口办理。", "请必幺零零号，到十二号窗口办理。"),
        ("请C9001号，到2号窗口办理。", "请西九零零幺号，到二号窗口办理。"),
        ("请Ａ０１２号，到３号窗口办理。", "请诶零幺二号，到三号窗口办理。"),
        ("请A015号到A017号的朋友做好准备。", "请诶零幺五号到诶零幺七号的朋友做好准备。"),
        ("25号窗口暂停服务", "二十五号窗口暂停服务"),
        ("请到2号4号窗口", "请到二号四号窗口"),
        ("可办窗口：2、3、4号", "可办窗口，二，三，四号"),
        ("102号窗口，110号窗口", "一百零二号窗口，一百一十号窗口"),
        ("离下班还有30分钟", "离下班还有三十分钟"),
        ("离下班还有2分钟", "离下班还有二分钟"),
        ("大约等候10至15分钟", "大约等候十至十五分钟"),
        ("约10-15分钟", "约十至十五分钟"),
        ("今天延时服务到18:00，", "今天延时服务到十八点"),
        ("10:30恢复 请稍候", "十点三十分恢复，请稍候"),
        ("9:05开始", "九点零五分开始"),
        ("预约 10:00–10:30", "预约，十点至十点三十分"),
        ("最早日期：2027-11-21", "最早日期，二零二七年十一月二十一日"),
        ("2026年6月30日", "二零二六年六月三十日"),
        ("满365天", "满三百六十五天"),
        ("工号018 您好", "工号零幺八，您好"),
        ("咨询12329", "咨询幺二三二九"),
        ("电话0000-0000000", "电话零零零零，零零零零零零零"),
        ("二楼贷款科（203室）", "二楼贷款科，二零三室"),
        ("满意度98.5%", "满意度百分之九十八点五"),
        ("您好……！！请坐", "您好。请坐"),
        ("您好😀\x07，请坐。", "您好，请坐。"),
        ("", ""),
        ("😀", ""),
    ],
)
def test_a_display_sentence_is_said_as_people_say_it(shown, said):
    assert spoken(shown) == said


def test_one_can_be_said_yi_where_people_prefer_it():
    assert spoken("请A112号", one="一") == "请诶一一二号"


def test_every_letter_has_a_name_that_can_be_read():
    for letter, name in LETTERS.items():
        assert spoken(f"{letter}0") == f"{name}零"
        assert not unread(name)
    assert len(set(LETTERS.values())) == 26


def test_cardinals_count_right():
    numbers = {
        0: "零",
        2: "二",
        10: "十",
        11: "十一",
        20: "二十",
        22: "二十二",
        99: "九十九",
        100: "一百",
        101: "一百零一",
    }
    numbers |= {
        111: "一百一十一",
        200: "二百",
        999: "九百九十九",
        1001: "一千零一",
        1010: "一千零一十",
        2020: "二千零二十",
    }
    assert {n: cardinal(n) for n in numbers} == numbers
    assert not any("两" in cardinal(n) for n in range(10_000))
    assert len({cardinal(n) for n in range(10_000)}) == 10_000
    for wrong in (-1, 10_000):
        with pytest.raises(ValueError, match="0 to 9999"):
            cardinal(wrong)


def test_digits_are_said_one_by_one():
    assert digits("0123456789", one="幺") == "零幺二三四五六七八九"


@pytest.mark.parametrize("key", VOICE)
def test_every_voice_sentence_of_the_hall_is_read_to_its_last_character(key):
    said = spoken(VOICE[key])
    assert not unread(said)
    spelled = pinyin(said)
    assert all(SYLLABLES.fullmatch(word) for word in spelled.split()), spelled
    assert len(re.findall(r"[1-5]", spelled)) == characters(said)


def test_every_public_sentence_can_be_read_aloud():
    for key, phrase in phrases().items():
        assert not unread(spoken(phrase.example or re.sub(r"\{\w+\}", "", phrase.zh))), key


@pytest.mark.parametrize(
    ("said", "spelled"),
    [
        (
            "请诶零幺二号，到三号窗口办理。",
            "qing3 ei1 ling2 yao1 er4 hao4, dao4 san1 hao4 chuang1kou3 ban4li3.",
        ),
        ("银行还款", "yin2hang2 huan2kuan3"),
        ("还有三十分钟", "hai2 you3 san1 shi2 fen1zhong1"),
        ("不用重新排队", "bu2 yong4 chong2xin1 pai2 dui4"),
        ("不，用", "bu4, yong4"),
        ("不得空等", "bu4de2 kong1deng3"),
        ("一次性告知", "yi2ci4xing4 gao4 zhi1"),
        ("一号窗口一时无法办理", "yi1 hao4 chuang1kou3 yi4shi2 wu2fa3 ban4li3"),
        ("第一次，二十一次", "di4yi1ci4, er4 shi2 yi1 ci4"),
        ("已取号的都会办完", "yi3 qu3hao4 de5 dou1 hui4 ban4 wan2"),
        ("绿色通道女士", "lv4 se4 tong1 dao4 nv3shi4"),
        ("您提取公积金", "nin2 ti2qu3 gong1ji1jin1"),
        ("变更利率，调整额度", "bian4geng1 li4lv4, tiao2zheng3 e2 du4"),
        ("会计科长", "kuai4ji4 ke1zhang3"),
    ],
)
def test_words_are_read_as_words(said, spelled):
    assert pinyin(said) == spelled


def test_the_tables_cover_gb2312_and_every_word_fits_its_syllables():
    characters_, words = readings()
    for row in range(0xB0, 0xF8):
        for cell in range(0xA1, 0xFF if row != 0xD7 else 0xFA):
            assert bytes([row, cell]).decode("gb2312") in characters_
    assert all(
        len(word) == len(read) and all(SYLLABLES.fullmatch(s) for s in read) for word, read in words.items()
    )


def test_a_character_that_nobody_can_read_is_left_out_and_named():
    assert pinyin("请㐀坐") == "qing3 zuo4"
    assert unread("请㐀坐，") == "㐀"
