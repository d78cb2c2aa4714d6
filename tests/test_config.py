"""The config: TOML in, complete JSON out, and every mistake is named."""

import json
from pathlib import Path

import pytest

from ttpa.config import RunConfig, changed_keys, load_config, make_config
from ttpa.errors import ConfigError

CONFIGS = Path(__file__).parents[1] / "configs"
PLAIN = {"train": {"parameters": "full"}}


def write(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_the_quickstart_file_fits_and_names_its_values() -> None:
    config = load_config(str(CONFIGS / "quickstart.toml"))
    assert config.path == Path("runs/quickstart")
    assert config.train.sft
    assert config.train.sft.learning_rate == 2.4e-3


@pytest.mark.parametrize("file", sorted(CONFIGS.glob("*.toml")), ids=lambda file: file.stem)
def test_every_config_that_ships_can_be_loaded(file: Path) -> None:
    assert load_config(str(file)).name


def test_all_values_come_out_and_go_in_again() -> None:
    config = make_config({**PLAIN, "construct": {"instances": 7}})
    values = json.loads(json.dumps(config.as_json()))
    assert values["construct"]["instances"] == 7
    assert values["import"]["test_share"] == 0.2
    assert set(values["construct"]) > {"test_share", "max_calls"}
    assert make_config(values) == config


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[construct]\ninstancess = 3", "unknown key 'construct.instancess'; did you mean 'instances'?"),
        ("[constuct]\ninstances = 3", "unknown key 'constuct'; did you mean 'construct'?"),
        ("[train.dpo]\nbetta = 1", "unknown key 'train.dpo.betta'; did you mean 'beta'?"),
        ("[train.sft]\nlearningrate = 1", "unknown key 'train.sft.learningrate'; did you mean 'learning_rate'?"),
        (
            "[tools]\nzzz = 1",
            "unknown key 'tools.zzz'; known there: allow_write, environment, mcp, memory_gb, module, only, openapi",
        ),
        ("construct_ = 1", "unknown key 'construct_'; did you mean 'construct'?"),
        ('[construct]\ninstances = "many"', "construct.instances = 'many': input should be a valid integer"),
        ("[train]\nparameters = 'half'", "train.parameters = 'half': input should be 'full', 'lora' or 'qlora'"),
        ("construct = 3", "construct = 3: input should be a valid dictionary"),
        ("[generator]\nkind = 'openai'", "generator.model is empty"),
        ("[policy]\ndialect = 'klingon'", "policy.dialect = 'klingon' is none of hermes"),
        ("name = ", "is no TOML"),
    ],
)
def test_a_mistake_is_named_with_what_would_have_been_right(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(write(tmp_path / "mine.toml", text))
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value).removesuffix("\n").split(" is no TOML")[0]


def test_a_config_without_a_name_is_a_run_of_its_files_name(tmp_path: Path) -> None:
    assert load_config(write(tmp_path / "shop.toml", "seed = 1")).name == "shop"
    assert load_config(write(tmp_path / "shop.toml", "seed = 1"), ["name=bakery"]).name == "bakery"
    assert load_config(write(tmp_path / "shop.toml", 'name = "mine"')).name == "mine"
    assert load_config(None).name == "quickstart"
    spaced = write(tmp_path / "a b.toml", "seed = 1")
    assert load_config(spaced, ["name=mine"]).name == "mine"
    with pytest.raises(ConfigError, match=r"name = 'a b': a run's name has letters, digits, _ \. -; give one"):
        load_config(spaced)


def test_a_source_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"config '.*none\.toml' cannot be read: No such file"):
        load_config(str(tmp_path / "none.toml"))
    with pytest.raises(ConfigError, match=r"'nothing' is neither a TOML file nor a run: there is no '.*config\.json'"):
        load_config("nothing", [f"runs={tmp_path}"])
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(str(tmp_path / "folder.toml"))


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="is no TOML"):
        load_config(str(tmp_path / "mine.toml"))


@pytest.mark.parametrize(
    ("override", "section", "key", "value"),
    [
        ("construct.instances=5", "construct", "instances", 5),
        ("construct.test_share = 0.5", "construct", "test_share", 0.5),
        ("tools.module=my.tools", "tools", "module", "my.tools"),
        ("tools.module = my.tools ", "tools", "module", "my.tools"),
        ("tools.module=./a b.py", "tools", "module", "./a b.py"),
        ('tools.module="1"', "tools", "module", "1"),
        ('tools.only=["a", "b"]', "tools", "only", ["a", "b"]),
        ("tools.module=a=b", "tools", "module", "a=b"),
        ("train.activation_checkpointing=true", "train", "activation_checkpointing", True),
    ],
)
def test_an_override_is_a_toml_value_or_else_a_text(override: str, section: str, key: str, value: object) -> None:
    config = load_config(None, ["train.parameters=full", override])
    assert config.as_json()[section][key] == value


def test_overrides_go_over_the_file_and_the_last_one_wins(tmp_path: Path) -> None:
    path = write(tmp_path / "mine.toml", "seed = 1\n[train]\nparameters = 'full'\n[train.dpo]\nbeta = 0.3")
    config = load_config(path, ["seed=2", "train.dpo.beta=0.4", "seed=3"])
    assert (config.seed, config.train.dpo.beta, config.train.parameters) == (3, 0.4, "full")


@pytest.mark.parametrize(
    ("override", "reason"),
    [
        ("construct.instances", "is no override; section.key=value is due"),
        ("=3", "is no override"),
        ("construct..instances=3", "is no override"),
        ("seed.more=3", "'seed' is a value, not a section"),
        ("construct.instanzes=3", "did you mean 'instances'?"),
        ("policy.url=5", "policy.url = 5: input should be a valid string"),
        ('policy.url=["a", 5]', "policy.url = ['a', 5]: input should be a valid string"),
        ("train.sft.epochs=0", "train.sft.epochs = 0: input should be greater than 0"),
        ("train.report_to=[3]", "train.report_to.0 = 3: input should be a valid string"),
        ("tools.openapi.keys.bearer=3", "tools.openapi.keys.bearer = 3: input should be a valid string"),
    ],
)
def test_a_wrong_override_is_named(tmp_path: Path, override: str, reason: str) -> None:
    path = write(tmp_path / "mine.toml", "seed = 1\n[train]\nparameters = 'full'")
    with pytest.raises(ConfigError) as caught:
        load_config(path, [override])
    assert reason in str(caught.value)


def stored(runs: Path, config: RunConfig) -> Path:
    folder = runs / config.name
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config.as_json()), encoding="utf-8")
    return folder


def test_a_runs_name_or_folder_stands_for_its_config(tmp_path: Path) -> None:
    config = make_config({**PLAIN, "name": "mine", "runs": str(tmp_path), "seed": 5})
    folder = stored(tmp_path, config)
    assert load_config("mine", [f"runs={tmp_path}"]) == config
    assert load_config(str(folder)) == config
    assert load_config("mine", [f"runs={tmp_path}", "seed=6"]).seed == 6


@pytest.mark.parametrize("source", ["./mine", "mine/", "./mine/"])
def test_a_run_in_this_folder_is_named_by_a_slash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    stored(tmp_path, make_config({**PLAIN, "name": "mine"}))
    monkeypatch.chdir(tmp_path)
    assert load_config(source).path.resolve() == tmp_path / "mine"
    with pytest.raises(ConfigError, match=r"there is no 'runs/mine/config\.json'"):
        load_config("mine")


def test_a_run_goes_on_where_its_folder_lies(tmp_path: Path) -> None:
    folder = stored(tmp_path / "runs", make_config({**PLAIN, "name": "mine"}))
    moved = folder.rename(tmp_path / "copy")
    assert load_config(str(moved)).path == moved


@pytest.mark.parametrize("text", ["{", "[]", "3", "", '{"seed": "x"}', "\ud800", "9" * 5000, "[" * 9**6])
def test_a_stored_config_that_is_spoilt_is_named(tmp_path: Path, text: str) -> None:
    folder = stored(tmp_path, make_config({**PLAIN, "name": "mine"}))
    (folder / "config.json").write_bytes(text.encode(errors="surrogatepass"))
    with pytest.raises(ConfigError, match=r"config\.json|seed"):
        load_config(str(folder))


def test_a_chat_template_is_told_values_by_name_and_nothing_that_every_turn_has(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[policy.chat_template_kwargs]\nenable_thinking = true\n", encoding="utf-8")
    told = load_config(str(path), ["policy.chat_template_kwargs.enable_thinking=false"]).policy.chat_template_kwargs
    assert told == {"enable_thinking": False}
    with pytest.raises(ConfigError, match="'tools' is not for a config to say"):
        load_config(str(path), ["policy.chat_template_kwargs.tools=1"])


def test_the_defaults_are_usable() -> None:
    assert load_config(None) == make_config({})


def test_rounds_are_refused_where_nothing_is_sampled() -> None:
    with pytest.raises(ConfigError, match=r"train\.method = 'probability' samples nothing"):
        make_config({"rounds": 2, "train": {"method": "probability"}})


def test_a_policy_can_be_sampled_as_it_is() -> None:
    assert make_config({"train": {"sft": False}}).train.sft is False


def test_changed_keys_are_told_with_both_values() -> None:
    old = make_config(PLAIN).as_json()
    new = make_config({**PLAIN, "seed": 4, "sample": {"points": 9}}).as_json()
    assert changed_keys(old, new) == ["sample.points: 1000 -> 9", "seed: 0 -> 4"]
    assert changed_keys(old, old) == []
    assert changed_keys({"a": {"b": 1}}, {"a": 2}) == ["a: {'b': 1} -> 2"]


def test_changed_addresses_are_told_without_what_may_be_a_key() -> None:
    old, new = {"url": "https://ida:s3cret@a.example/mcp"}, {"url": "https://b.example/mcp?key=s3cret"}
    assert changed_keys(old, new) == ["url: 'https://a.example/mcp' -> 'https://b.example/mcp'"]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("train.sft.epoch=2", "unknown key 'train.sft.epoch'; did you mean 'epochs'?"),
        ("train.sft.epochs=0", "train.sft.epochs = 0: input should be greater than 0"),
        ("evaluate.resamples=0", "evaluate.resamples = 0: input should be greater than or equal to 1"),
        ("sample.forks.min_probability=0", "sample.forks.min_probability = 0: input should be greater than 0"),
        ("construct.test_share=5", "construct.test_share = 5: input should be less than or equal to 1"),
        ("name='a/b'", "name = 'a/b': a run's name has letters, digits, _ . -; give one with --run, or as name in the"),
    ],
)
def test_values_out_of_range_are_refused_by_name(override: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(None, [override])
    assert message in str(caught.value)


def test_fine_tuning_can_be_switched_off_in_words() -> None:
    words = ["train.sft=false", "policy.base=org/model", "train.dpo.learning_rate=1e-6"]
    assert load_config(None, words).train.sft is False
