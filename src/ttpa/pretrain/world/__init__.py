"""Worlds that a program makes up: tools, questions and calls, without end."""
