"""`credlake init`: the file it writes changes nothing, and holds every setting with its default."""

from __future__ import annotations

import re
import tomllib

from collector.limits import LIMITS
from collector.settings.model import SETTINGS, Settings
from collector.settings.sources import read_settings
from collector.settings.template import settings_template


def test_the_file_is_written_and_changes_nothing(credlake, tmp_path):
    ended = credlake("init")

    assert (ended.code, ended.out.partition(".")[0]) == (0, "Written: credlake")
    assert (tmp_path / "credlake.toml").read_text() == settings_template()
    assert read_settings({}, {}, directory=tmp_path) == Settings()


def test_2_where_the_file_exists_and_force_replaces_it(credlake, tmp_path):
    (tmp_path / "credlake.toml").write_text("tags = true\n")

    assert credlake("init").code == 2
    assert (tmp_path / "credlake.toml").read_text() == "tags = true\n"
    assert credlake("init", "--force").code == 0
    assert (tmp_path / "credlake.toml").read_text() == settings_template()


def test_3_where_it_cannot_be_written(credlake):
    assert credlake("init", "--config", "nowhere/credlake.toml").code == 3


def test_every_setting_is_there_with_its_default(tmp_path):
    text = settings_template()
    before_overrides = text[: text.index("# Other limits")]
    without_default = {name for name in SETTINGS if Settings.__dataclass_fields__[name].default is None}
    lines = [line for line in before_overrides.splitlines() if re.match(r"#?[a-z_]+ = |\[", line)]
    kept = [line.removeprefix("#") for line in lines if line.removeprefix("#").partition(" ")[0] not in without_default]
    (tmp_path / "credlake.toml").write_text("\n".join(kept))

    named = {line.removeprefix("#").partition(" ")[0] for line in lines}
    assert named == {name for name, declared in SETTINGS.items() if declared.help} | {
        "[limits]",
        *(limit.name for limit in LIMITS),
    }
    assert read_settings({}, {}, directory=tmp_path) == Settings()


def test_the_example_of_overrides_is_valid(tmp_path):
    text = settings_template()
    lines = [line for line in text[text.index("#[[limits") :].splitlines() if not line.startswith("# ")]
    example = "\n".join(line.removeprefix("#") for line in lines)
    (tmp_path / "credlake.toml").write_text(example)

    assert len(tomllib.loads(example)["limits"]["override"]) == 2
    assert len(read_settings({}, {}, directory=tmp_path).limits.overrides) == 2
