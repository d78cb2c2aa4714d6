"""The hub's client, with the calls to the network taken by a stand-in."""

import inspect
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
from huggingface_hub.errors import LocalTokenNotFoundError, OfflineModeIsEnabled

from ttpa.errors import ModelError
from ttpa.models.hugging_face_hub import HuggingFaceHub


class Calls:
    """What was asked of the hub, in order; the repository is as private as it is said to be there."""

    def __init__(self, *, found_private: bool = True, fails: Exception | None = None) -> None:
        self.made: list[tuple[str, dict[str, Any]]] = []
        self._found_private, self._fails = found_private, fails

    def create_repo(self, repo_id: str, **told: Any) -> huggingface_hub.RepoUrl:
        self.made.append(("create_repo", told))
        if self._fails:
            raise self._fails
        return huggingface_hub.RepoUrl(f"https://huggingface.co/{repo_id}")

    def repo_info(self, repo_id: str) -> huggingface_hub.ModelInfo:
        return huggingface_hub.ModelInfo(id=repo_id, private=self._found_private)

    def upload_folder(self, **told: Any) -> None:
        self.made.append(("upload_folder", told))


def listen(monkeypatch: pytest.MonkeyPatch, calls: Calls) -> Calls:
    monkeypatch.setattr("ttpa.models.hugging_face_hub.HfApi", lambda: calls)
    return calls


@pytest.mark.parametrize("public", [True, False])
def test_a_repository_is_made_private_unless_it_is_said_to_be_public(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, public: bool
) -> None:
    calls = listen(monkeypatch, Calls(found_private=not public))
    address = HuggingFaceHub().upload(tmp_path, "me/mine", public=public, message="dpo")
    assert address == "https://huggingface.co/me/mine"
    assert calls.made == [
        ("create_repo", {"private": not public, "exist_ok": True}),
        ("upload_folder", {"repo_id": "me/mine", "folder_path": tmp_path, "commit_message": "dpo"}),
    ]


def test_nothing_goes_to_a_public_repository_unasked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    calls = listen(monkeypatch, Calls(found_private=False))
    with pytest.raises(ModelError, match="'me/mine' is there already and is public"):
        HuggingFaceHub().upload(tmp_path, "me/mine", public=False, message="dpo")
    assert [name for name, _ in calls.made] == ["create_repo"]


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (LocalTokenNotFoundError("no"), "set HF_TOKEN"),
        (OfflineModeIsEnabled("no"), "HF_HUB_OFFLINE is set"),
        (OSError("no route"), "did not take 'me/mine': no route"),
    ],
)
def test_a_hub_that_fails_is_told_in_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, failure: Exception, said: str
) -> None:
    listen(monkeypatch, Calls(fails=failure))
    with pytest.raises(ModelError, match=said):
        HuggingFaceHub().upload(tmp_path, "me/mine", public=False, message="dpo")


def test_the_hubs_calls_have_the_words_that_are_used() -> None:
    for name, words in {
        "create_repo": {"private", "exist_ok"},
        "upload_folder": {"repo_id", "folder_path", "commit_message"},
    }.items():
        assert words <= set(inspect.signature(getattr(huggingface_hub.HfApi, name)).parameters)
