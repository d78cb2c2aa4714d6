"""Turns of one dialogue as one sequence, wherever the template keeps what was said before as it was."""

from collections.abc import Sequence

from ttpa.models.base import Dialogue


def join_turns(turns: Sequence[tuple[tuple[int, ...], tuple[int, ...]]]) -> list[Dialogue]:
    """Dialogues that hold all `turns` (prompt and turn, as token ids), in order.

    A turn joins the one before where its prompt continues that one's tokens. Where a template rewrites the history (one
    that strips old thinking does), or another dialogue begins, a new sequence begins, too.
    """
    dialogues: list[Dialogue] = []
    for prompt, turn in turns:
        place = (len(prompt), len(prompt) + len(turn))
        known = dialogues[-1].token_ids if dialogues else ()
        if dialogues and len(prompt) > len(known) and prompt[: len(known)] == known:
            dialogues[-1] = Dialogue((*prompt, *turn), (*dialogues[-1].turns, place))
        else:
            dialogues.append(Dialogue((*prompt, *turn), (place,)))
    return dialogues
