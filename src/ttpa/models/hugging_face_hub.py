"""The Hugging Face hub as where a policy is published. The key is `HF_TOKEN`, or that of `hf auth login`."""

from pathlib import Path

from httpx2 import HTTPError
from huggingface_hub import HfApi, ModelInfo
from huggingface_hub.errors import HFValidationError, LocalTokenNotFoundError, OfflineModeIsEnabled

from ttpa.errors import ModelError


class HuggingFaceHub:
    """Uploads through `huggingface_hub`."""

    def upload(self, folder: Path, name: str, *, public: bool, message: str) -> str:
        """One commit with the files of `folder`."""
        api = HfApi()
        try:
            address = api.create_repo(name, private=not public, exist_ok=True)
            found = api.repo_info(address.repo_id)
            if not public and isinstance(found, ModelInfo) and not found.private:
                raise ModelError(f"{name!r} is there already and is public: say --public, or take another name")
            api.upload_folder(repo_id=address.repo_id, folder_path=folder, commit_message=message)
        except LocalTokenNotFoundError as error:
            raise ModelError("the hub wants a key: set HF_TOKEN, or log in with `hf auth login`") from error
        except OfflineModeIsEnabled as error:
            raise ModelError("HF_HUB_OFFLINE is set: publish with --to DIR, or unset it") from error
        except (HTTPError, HFValidationError, OSError) as error:
            raise ModelError(f"the hub did not take {name!r}: {error}") from error
        return str(address)
