"""Measure whether the tests of the search and of the mixture notice small faults: a sample of mutants, drawn by a seed.

A mutant is the code with one operator, number, condition, loop or decorator changed. Not drawn are operators on bits,
`%`, `//`, `**` and `is`, which mostly end in a TypeError and would flatter the score. Needs `pip install cosmic-ray`.
It changes files of wordgru/ while it runs and puts them back: let nothing else use the checkout meanwhile.

    python scripts/mutants.py --count 80
"""

import random
import re
import shlex
import sys
from collections import Counter
from pathlib import Path

import click
from cosmic_ray.ast import ast_nodes, get_ast_from_path
from cosmic_ray.mutating import mutate_and_test
from cosmic_ray.plugins import get_operator, operator_names
from cosmic_ray.work_item import MutationSpec, WorkResult

SEARCH = ("search", "typing_search.py::test_the_next_character_is_that_of_all_words_added_up", "session", "golden")
TESTS = {f"wordgru/search/{name}.py": SEARCH for name in ("search", "weighed", "rows", "characters", "named")}
TESTS["wordgru/mixture.py"] = ("mixture",)
SLOW = "what_was_typed"  # a test that is left out
PYTEST = """
import sys, hypothesis, pytest
hypothesis.settings.register_profile("unshrunk", phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate])
hypothesis.settings.load_profile("unshrunk")
sys.exit(pytest.main(sys.argv[1:]))
"""
NOT_DRAWN = re.compile(r"Binary\w+(BitOr|BitAnd|BitXor|Shift|Mod|FloorDiv|Pow)|_Is(Not)?$|Binary\w+BitOr_")
SECONDS = 180  # a mutant that takes longer is killed


def mutants(module: str) -> list[MutationSpec]:
    """All that one module has, in a fixed order."""
    found, nodes = [], list(ast_nodes(get_ast_from_path(Path(module))))
    for name in sorted(each for each in operator_names() if not NOT_DRAWN.search(each)):
        if get_operator(name).arguments():
            continue
        operator = get_operator(name)()
        spans = [span for node in nodes for span in operator.mutation_positions(node)]
        found += [MutationSpec(module, name, at, *span) for at, span in enumerate(spans)]
    return found


def tested(module: str, *changed: MutationSpec) -> WorkResult:
    """What the tests of a module say of a mutant of it; of the module as it stands, if none is given."""
    tests = [f"tests/runtime/test_{name}" + ".py" * ("." not in name) for name in TESTS[module]]
    options = ["-x", "-q", "-p", "no:cacheprovider", "--hypothesis-seed=0", "-m", "not slow", "-k", f"not {SLOW}"]
    return mutate_and_test(changed, shlex.join([sys.executable, "-c", PYTEST, *options, *tests]), SECONDS)


@click.command(help=__doc__.split("\n\n")[0])
@click.option("--count", default=80, show_default=True, help="Mutants to draw.")
@click.option("--seed", default=0, show_default=True, help="Draws the sample.")
def main(count: int, seed: int) -> None:
    """Draw, test, tell."""
    every = [mutant for module in TESTS for mutant in mutants(module)]
    for module in ("wordgru/search/search.py", "wordgru/mixture.py"):
        if tested(module).is_killed:
            raise click.ClickException(f"the tests of {module} fail without a mutant.")
    drawn, killed = Counter[str](), Counter[str]()
    for mutant in sorted(random.Random(seed).sample(every, count), key=every.index):
        module = str(mutant.module_path)
        drawn[module] += 1
        result = tested(module, mutant)
        killed[module] += result.is_killed
        print(f"{module}:{mutant.start_pos[0]} {'killed' if result.is_killed else result.diff}", flush=True)
    for module in TESTS:
        print(f"{module}: {killed[module]} of {drawn[module]} killed")
    print(f"{killed.total()} of {len(every)} mutants drawn: {killed.total() / count:.0%} killed")


if __name__ == "__main__":
    main()
