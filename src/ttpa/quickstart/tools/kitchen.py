"""Kitchen tools: recipes are R100 to R999; any food has nutrition facts, decided by its name."""

from typing import Literal

from ttpa.quickstart.tools.days import check_range
from ttpa.quickstart.tools.facts import Row, check_id, draw, find_ids, pick

_STYLES = ("Rustic", "Quick", "Spicy", "Golden", "Summer", "Smoky")
_DISHES = ("Stew", "Salad", "Curry", "Bake", "Soup", "Pie", "Noodles")
_STAPLES = (
    (90, "g rice"),
    (1, "onions"),
    (2, "carrots"),
    (25, "g butter"),
    (3, "potatoes"),
    (1, "leeks"),
    (40, "g oats"),
)
"""Each with the quantity of one serving."""


def find_recipes(
    ingredients: list[str],
    diet: Literal["any", "vegan", "vegetarian", "gluten_free"] = "any",
    max_minutes: int = 60,
) -> list[Row]:
    """Finds recipes that use given ingredients.

    Args:
        ingredients: What is in the kitchen.
        diet: Diet to keep to.
        max_minutes: Longest cooking time.
    """
    if not ingredients:
        raise ValueError("no ingredients to cook with")
    ids = find_ids("R", 100, 999, lambda recipe_id: _minutes(recipe_id) <= max_minutes, *ingredients, diet)
    return [
        {
            "recipe_id": recipe_id,
            "name": f"{pick(_STYLES, 'style', recipe_id)} {pick(_DISHES, 'dish', recipe_id)}",
            "minutes": _minutes(recipe_id),
        }
        for recipe_id in ids
    ]


def get_ingredients(recipe_id: str, servings: int = 2) -> dict[str, list[str]]:
    """Lists what a recipe needs.

    Args:
        recipe_id: Id of the recipe.
        servings: Number of servings, 1 to 20.
    """
    check_id(recipe_id, "R", 100, 999, "recipe")
    check_range(servings, 1, 20, "servings")
    start = draw(0, len(_STAPLES) - 1, "staples", recipe_id)
    chosen = [_STAPLES[(start + i) % len(_STAPLES)] for i in range(3)]
    return {"items": [f"{quantity * servings} {staple}" for quantity, staple in chosen]}


def get_nutrition(food: str, grams: int = 100) -> Row:
    """Tells the nutrition facts of a food.

    Args:
        food: Name of the food.
        grams: Weight in grams.
    """
    check_range(grams, 1, 5000, "grams")
    return {
        "kcal": draw(15, 600, "kcal", food) * grams // 100,
        "protein_g": draw(0, 30, "protein", food) * grams // 100,
    }


def _minutes(recipe_id: str) -> int:
    return draw(2, 18, "minutes", recipe_id) * 5
