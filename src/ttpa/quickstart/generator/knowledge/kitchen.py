"""How people plan their cooking."""

from ttpa.quickstart.generator.entry import Argument, Domain, Entry, Source
from ttpa.quickstart.generator.samplers import code, food, one_of, several, whole

DOMAIN = Domain(
    activities=("planning a dinner", "using up what is in the fridge", "trying to eat better"),
    leads=("I have friends over for dinner.", "My fridge is nearly empty.", "I am trying to eat better."),
    entries=(
        Entry(
            "find_recipes",
            "search for recipes",
            (
                "find{diet} recipes{ingredients}{max_minutes}",
                "look for{diet} recipes{max_minutes}{ingredients}",
                "suggest something{diet} to cook{ingredients}{max_minutes}",
                "show me{diet} dishes{ingredients}{max_minutes}",
            ),
            ("{name} takes {minutes} minutes", "you could make {name}"),
            (
                Argument("ingredients", "ingredients", several(food, 1, 3), (" with {}", " using {}", " made from {}")),
                Argument("diet", "diet", one_of("vegan", "vegetarian", "gluten_free"), (" {}",), chance=0.45),
                Argument(
                    "max_minutes",
                    "cooking time",
                    one_of(15, 20, 25, 30, 35, 40, 45, 50, 75),
                    (" in at most {} minutes", " ready within {} minutes"),
                    chance=0.4,
                ),
            ),
        ),
        Entry(
            "get_ingredients",
            "list the ingredients of a recipe",
            (
                "list the ingredients of{recipe_id}{servings}",
                "tell me what I need for{recipe_id}{servings}",
                "get the shopping list for{recipe_id}{servings}",
                "show me the quantities of{recipe_id}{servings}",
            ),
            ("you need {items}", "get {items}"),
            (
                Argument(
                    "recipe_id",
                    "id of the recipe",
                    code("R", 100, 999),
                    (" recipe {}", " the recipe {}"),
                    absent=" a recipe",
                    sources=(
                        Source("find_recipes", "recipe_id", (" the {pick} recipe", " the {pick} recipe you find")),
                    ),
                ),
                Argument(
                    "servings",
                    "servings",
                    whole(3, 16),
                    (" for {} people", ", for {} servings"),
                    chance=0.6,
                ),
            ),
            varies="recipe_id",
        ),
        Entry(
            "get_nutrition",
            "look up nutrition facts",
            (
                "look up the nutrition facts of{grams}{food}",
                "tell me how many calories are in{grams}{food}",
                "check how much protein{grams}{food} would give me",
                "find out how nutritious{grams}{food} would be",
            ),
            ("{food} has {kcal} kcal", "{food} gives {protein_g} g protein"),
            (
                Argument("food", "food", food, (" {}",), absent=" food"),
                Argument("grams", "weight", whole(20, 600, 10), (" {} grams of", " {} g of"), chance=0.6),
            ),
            varies="food",
        ),
    ),
)
