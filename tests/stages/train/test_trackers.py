"""Trackers are asked for by transformers' table of them."""

import pytest
from transformers.integrations import integration_utils

from ttpa.errors import ModelError
from ttpa.stages.train.trackers import refuse_trackers


@pytest.mark.parametrize("tracker", ["none", "all", "json", "wandbb"])
def test_what_is_no_tracker_is_told_with_those_that_are(tracker: str) -> None:
    told = f"train.report_to = '{tracker}' is none of azure_ml, clearml, "
    with pytest.raises(ModelError, match=f"{told}.*wandb; an empty list tells none"):
        refuse_trackers([tracker])


def refusal(tracker: str) -> str | None:
    try:
        refuse_trackers([tracker])
    except ModelError as error:
        return str(error)
    return None


def test_every_tracker_of_transformers_is_asked_whether_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBEFLOW_TRAINER_SERVER_URL", raising=False)
    told = {tracker: refusal(tracker) for tracker in integration_utils.INTEGRATION_TO_CALLBACK}
    assert "needs the address of its trainer in the variable KUBEFLOW" in (told.pop("kubeflow") or "")
    packages = {"azure_ml": "azureml-sdk", "comet_ml": "comet-ml", "dagshub": "dagshub mlflow", "flyte": "flytekit"}
    for tracker, refused in told.items():
        package = packages.get(tracker, tracker)
        assert refused is None or refused.startswith(f"train.report_to = '{tracker}' needs ")
        assert refused is None or refused.endswith(f" in this environment: pip install {package}")


def test_a_tracker_that_is_there_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBEFLOW_TRAINER_SERVER_URL", "http://localhost")
    refuse_trackers(["kubeflow"])
    refuse_trackers([])
