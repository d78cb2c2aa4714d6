"""Stage 3, error-oriented scoring: which errors a candidate turn holds, and what that makes it worth."""

from ttpa.stages.score.authors_compat import authors_score, authors_turn_score
from ttpa.stages.score.explain import explain, explain_error
from ttpa.stages.score.mutate import Mutant, mutate
from ttpa.stages.score.schemas import CompiledTools, schema_problems
from ttpa.stages.score.scorer import TurnScorer, Weights
from ttpa.stages.score.stage import ScoreConfig, TurnReader, fits_schemas, read_turn, score, score_text, score_turn
from ttpa.stages.score.values import Strings

__all__ = [
    "CompiledTools",
    "Mutant",
    "ScoreConfig",
    "Strings",
    "TurnReader",
    "TurnScorer",
    "Weights",
    "authors_score",
    "authors_turn_score",
    "explain",
    "explain_error",
    "fits_schemas",
    "mutate",
    "read_turn",
    "schema_problems",
    "score",
    "score_text",
    "score_turn",
]
