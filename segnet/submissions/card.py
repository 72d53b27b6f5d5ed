"""What the author of a submission must say of it, so that a reader knows what it compares with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints, ValidationError

from segnet.atomic import write_atomically
from segnet.errors import UserError
from segnet.schema import Section, read_yaml

CARD_FILE = "card.yaml"
Answer = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2)]


class Card(Section):
    """``reports/submitted/NAME/card.yaml``: every question has an answer, if only ``none``."""

    who: Answer = Field(description="Who made the predictions, and how to reach them?")
    network: Answer = Field(description="Which network, with how many parameters?")
    pretraining: Answer = Field(description="Which weights did it start from: none, ImageNet...?")
    training_data: Answer = Field(
        description="Which images was it trained on: train, trainval, other data sets?"
    )
    code: Answer = Field(description="Where is the code, at which commit?")
    weights: Answer = Field(description="Where are the weights, with which SHA-256?")
    test_time: Answer = Field(
        description="What is done at test time: none, flips, scales, an ensemble, a CRF?"
    )

    def line(self) -> str:
        """The answers on a line, for the notes under a table."""
        given = self.model_dump()
        return "; ".join(f"{name.replace('_', ' ')}: {answer}" for name, answer in given.items())


def read_card(folder: Path) -> Card:
    """The card of a submission; if there is none, one with the questions is written.

    Raises:
        UserError: if a question has no answer; names all that have none.
    """
    path = folder / CARD_FILE
    if not path.exists():
        write_atomically(path, template())
        raise UserError(
            f"{path} is new and asks {len(Card.model_fields)} questions. Answer them ('none' is an "
            "answer), then run the command again. Nothing was saved yet."
        )
    try:
        return Card.model_validate(read_yaml(path) or {})
    except ValidationError as error:
        lines = [
            _explain(problem["loc"], problem["type"], problem["msg"]) for problem in error.errors()
        ]
        raise UserError("\n".join([f"{path} is not complete:", *lines])) from None


def template() -> str:
    """A card without answers, each question above its field."""
    questions = (f"# {one.description}\n{name}:\n" for name, one in Card.model_fields.items())
    return "\n".join(questions)


def _explain(loc: tuple[int | str, ...], kind: str, message: str) -> str:
    name = str(loc[0]) if loc else ""
    if name in Card.model_fields:
        return f"- '{name}': {Card.model_fields[name].description} ('none' is an answer)"
    known = ", ".join(Card.model_fields)
    what = "is no question of the card" if kind == "extra_forbidden" else message
    return f"- '{name}' {what}. It has: {known}."
