"""Trains on made-up Korean, Japanese and Chinese sentences by each kind of tokens, for a page."""

import argparse
import csv
import random
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import mean

import yaml

import textclf
from textclf.config.settings import Config
from textclf.inspection.columns import dataset_section, look_into
from textclf.inspection.starter import starter_config
from textclf.training.reporter import Reporter
from writers.markdown import fill, table

PAGE = Path(__file__).resolve().parent / "languages.md"
ROWS = 900
SEEDS = (1, 2, 3)
NUM_WORDS = {"subwords": 400}  # fewer than the words, or words would not be split
KINDS = ("keras", "words", "characters", "subwords", "morphemes")

# Topics and their nouns.
KOREAN = {
    "음식": "김치 비빔밥 불고기 냉면 떡볶이 만두 국수 설탕 소금 식초 된장 고추장 두부 계란 우유 빵",
    "운동": "축구 야구 농구 배구 수영 선수 감독 심판 경기장 체육관 결승전 올림픽 마라톤 태권도 씨름 양궁",
    "날씨": "비 눈 바람 태풍 구름 안개 천둥 번개 기온 습도 장마 가뭄 홍수 폭염 한파 무지개",
    "음악": "노래 피아노 기타 바이올린 가수 작곡가 악보 합창단 무대 공연 앨범 드럼 리듬 멜로디 성악 판소리",
}
JAPANESE = {
    "料理": "寿司 味噌汁 天ぷら 豆腐 醤油 砂糖 ラーメン カレー パン サラダ おにぎり うどん",
    "運動": "野球 相撲 柔道 水泳 選手 監督 サッカー テニス マラソン バスケット 競技場 決勝戦",
    "天気": "台風 大雨 雪 風 雲 霧 雷 気温 湿度 梅雨 ハリケーン 猛暑",
    "音楽": "歌 楽譜 歌手 作曲家 合唱 舞台 ピアノ ギター バイオリン アルバム メロディー ドラム",
}
CHINESE = {
    "美食": "米饭 面条 饺子 豆腐 酱油 白糖 牛奶 鸡蛋 火锅 烤鸭 包子 馒头",
    "体育": "足球 篮球 游泳 教练 裁判 球员 决赛 奥运会 马拉松 体育馆 乒乓球 武术",
    "天气": "下雨 大雪 台风 乌云 雷电 气温 湿度 暴雨 干旱 洪水 彩虹 寒潮",
    "音乐": "歌曲 钢琴 吉他 小提琴 歌手 作曲家 乐谱 合唱团 舞台 专辑 节奏 旋律",
}
Parts = list[str]


def korean(noun: str, choose: random.Random) -> list[Parts]:
    """Words, each a noun and its particle or a word alone."""
    person = choose.choice(["친구", "선생님", "동생", "이웃", "아버지", "누나"])
    return [
        [choose.choice(["어제", "오늘", "아침", "요즘", "작년", "주말"])],
        [person, choose.choice([*_particles(person, "은는", "이가"), "도", "만", "의"])],
        [noun, choose.choice([*_particles(noun, "은는", "이가", "을를"), *OTHER_PARTICLES])],
        [choose.choice(["생각했다", "이야기했다", "물었다", "기억했다", "설명했다", "시작했다"])],
    ]


OTHER_PARTICLES = ["의", "에서", "도", "만", "부터", "까지", "처럼", "보다", "에", "에게"]


def _particles(noun: str, *pairs: str) -> list[str]:
    """Of each pair the particle that follows this noun: the first after a consonant."""
    ends_in_vowel = (ord(noun[-1]) - 0xAC00) % 28 == 0
    return [pair[ends_in_vowel] for pair in pairs]


def japanese(noun: str, choose: random.Random) -> list[Parts]:
    """One part without blanks: Han, Hiragana and Katakana."""
    first = choose.choice(["昨日", "今日", "毎朝", "最近", "週末"])
    person = choose.choice(["友達", "先生", "弟", "父", "マリア"]) + choose.choice("はがも")
    verb = choose.choice(["考えた。", "話した。", "聞いた。", "覚えていた。", "説明した。"])
    return [[*(first + person + noun + choose.choice("をのがはも") + verb)]]


def chinese(noun: str, choose: random.Random) -> list[Parts]:
    """One part without blanks."""
    first = choose.choice(["昨天", "今天", "早上", "最近", "周末"])
    person = choose.choice(["朋友", "老师", "弟弟", "邻居", "爸爸"])
    verb = choose.choice(["谈到", "想起", "问起", "记得", "介绍"])
    return [[*(first + person + verb + "了" + noun + choose.choice(["。", "的事。", "！"]))]]


LANGUAGES: dict[str, tuple[dict[str, str], Callable[[str, random.Random], list[Parts]]]] = {
    "Korean": (KOREAN, korean),
    "Japanese": (JAPANESE, japanese),
    "Chinese": (CHINESE, chinese),
}


def sentences(language: str, n_rows: int = ROWS) -> Iterator[tuple[str, str, str]]:
    """A text as people write it, the same with blanks between its parts, and its topic."""
    topics, sentence = LANGUAGES[language]
    choose = random.Random(1)
    for _ in range(n_rows):
        topic = choose.choice([*topics])
        words = sentence(choose.choice(topics[topic].split()), choose)
        yield (
            " ".join("".join(parts) for parts in words),
            " ".join(part for parts in words for part in parts),
            topic,
        )


def write_files(language: str, folder: Path) -> tuple[Path, Path]:
    """A file of texts as people write them, and one of texts whose parts are separated."""
    rows = [*sentences(language)]
    paths = folder / f"{language}.csv", folder / f"{language}_separated.csv"
    for column, path in enumerate(paths):
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(
                [("text", "topic"), *((row[column], row[2]) for row in rows)]
            )
    return paths


def accuracy(path: Path, tokens: str | None = None) -> float:
    """The mean test accuracy of a starter config; tokens None: those that init chooses."""
    columns = look_into(path)
    section = dataset_section(columns, path, path.parent)
    settings = yaml.safe_load(starter_config(section, "dense", "a.yaml", columns=columns))
    settings["dataset"]["path"] = str(path)
    if tokens is not None:
        settings["preprocessing"] |= {"tokens": tokens, "num_words": NUM_WORDS.get(tokens, 10_000)}
    scores = []
    for seed in SEEDS:
        config = Config.model_validate(settings | {"seed": seed})
        run = textclf.train(config, runs_dir=path.parent / "runs", reporter=Reporter())
        scores.append(run.metrics["test_accuracy"])
    return mean(scores)


def measure(language: str, folder: Path) -> list[str]:
    """A row of the table: the accuracy with each kind of tokens, and with parts separated."""
    path, separated = write_files(language, folder)
    kinds = [kind for kind in KINDS if kind != "morphemes" or language == "Korean"]
    scores = {kind: accuracy(path, kind) for kind in kinds}
    chosen = look_into(path).tokens[0]
    cells = [f"{scores[kind]:.3f}" if kind in scores else "" for kind in KINDS]
    return [language, *cells, f"{accuracy(separated, 'keras'):.3f}", chosen]


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    with tempfile.TemporaryDirectory() as name:
        rows = [measure(language, Path(name)) for language in LANGUAGES]
    head = ["", *(f"`{kind}`" for kind in KINDS), "`keras`, separated by hand", "`init` writes"]
    examples = [[name, *next(sentences(name))] for name in LANGUAGES]
    text = PAGE.read_text(encoding="utf-8")
    text = fill(text, "figures", table(head, rows))
    text = fill(text, "examples", table(["", "a text", "separated by hand", "its class"], examples))
    PAGE.write_text(text, encoding="utf-8")
    print(PAGE.name)


if __name__ == "__main__":
    main()
