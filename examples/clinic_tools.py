"""Tools of your own: plain functions with type hints and docstrings.

Checked and tried by

ttpa tools configs/own_tools.toml
ttpa tools configs/own_tools.toml --call find_slots --arguments '{"doctor": "Weber", "date": "2026-03-04"}'
"""

from typing import Literal

_BOOKED: dict[str, str] = {}


def reset() -> None:
    """Restores the initial state; called before every trajectory, because these tools keep one."""
    _BOOKED.clear()


def find_slots(doctor: str, date: str, part: Literal["morning", "afternoon", "any"] = "any") -> list[str]:
    """Lists a doctor's free slots on a day.

    Args:
        doctor: Family name of the doctor.
        date: Day as YYYY-MM-DD.
        part: Part of the day.
    """
    slots = {"morning": ["09:00", "10:30"], "afternoon": ["14:00", "16:15"]}
    chosen = [*slots["morning"], *slots["afternoon"]] if part == "any" else slots[part]
    return [slot for slot in chosen if f"{doctor} {date} {slot}" not in _BOOKED]


def book_slot(doctor: str, date: str, time: str, patient: str) -> dict[str, str]:
    """Books a slot with a doctor.

    Args:
        doctor: Family name of the doctor.
        date: Day as YYYY-MM-DD.
        time: Start as HH:MM.
        patient: Full name of the patient.
    """
    slot = f"{doctor} {date} {time}"
    if slot in _BOOKED:
        raise ValueError(f"{slot} is taken")
    _BOOKED[slot] = patient
    return {"appointment": f"A{len(_BOOKED)}", "slot": slot}


def find_doctors(speciality: Literal["general", "skin", "eyes"], language: str = "English") -> list[str]:
    """Lists doctors of a speciality.

    Args:
        speciality: What the doctor treats.
        language: A language the doctor speaks.
    """
    doctors = {"general": ["Weber", "Okafor"], "skin": ["Lindqvist"], "eyes": ["Tanaka", "Moreau"]}
    return doctors[speciality] if language == "English" else doctors[speciality][:1]
