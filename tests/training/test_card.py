"""What a person writes of a model stands on its card, and the Hub reads the front matter of both."""

from pathlib import Path

import pytest
from huggingface_hub import ModelCard

from wordgru import shipped
from wordgru.config import ModelConfig
from wordgru.errors import ExportError
from wordgru.exporting.card import check_about, model_card

ABOUTS = sorted((Path(__file__).parents[2] / "scripts" / "models").glob("*/about.md"))
COLUMNS = {
    "hit@1": "hit@1",
    "hit@3": "hit@3",
    "hit@5": "hit@5",
    "savings@3": "keystroke savings, 3 offers",
}
FRONT = """---
co2_eq_emissions:
  emissions: 12
model-index:
- name: tiny
  results:
  - task: {type: text-generation}
    dataset: {type: letters, name: Letters}
    metrics:
    - {type: hit@3, value: 52.5}
---
"""


def card(about):
    return model_card(
        sizes=ModelConfig(560, 24, 40, 1),
        precision="int4",
        license="mit",
        languages=["de"],
        data="letters",
        datasets=["owner/letters"],
        settings={},
        quality={},
        about=about,
    )


def test_the_hub_reads_what_the_front_matter_of_about_says_beside_what_every_card_says():
    text = card(FRONT + "Letters of my own.\n")
    data = ModelCard(text).data
    assert (data.license, data.language, data.datasets) == ("mit", ["de"], ["owner/letters"])
    assert data.co2_eq_emissions == {"emissions": 12}
    (result,) = data.eval_results
    assert (data.model_name, result.dataset_name, result.metric_type, result.metric_value) == (
        *("tiny", "Letters", "hit@3"),
        52.5,
    )
    assert text.count("---\n") == 2  # one front matter, none in the middle
    assert "## Data and licences\n\nLetters of my own.\n" in text
    front = shipped.front_matter(text)
    assert (front["license"], front["language"], front["datasets"]) == (["mit"], ["de"], ["owner/letters"])
    check_about(FRONT)


def test_a_rule_in_about_is_no_front_matter():
    about = "Letters.\n\n---\n\nmore: letters\n\n---\n\nThe end.\n"
    check_about(about)
    assert about.strip() in card(about)


@pytest.mark.parametrize(
    ("front", "message"),
    [
        ("license: mit\ntags: [a]", "its front matter has license, tags, which the card has"),
        ("a: [1", "cannot read its front matter"),
        ("- a", "cannot read its front matter .* should be a dict"),
        ("model-index:\n- name: a\n  results:\n  - task: {type: b}", "cannot read its front matter .*'dataset'"),
    ],
)
def test_front_matter_that_the_hub_would_not_read_is_refused(front, message):
    with pytest.raises(ExportError, match=message) as caught:
        check_about(f"---\n{front}\n---\nLetters.\n")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("about", ABOUTS, ids=lambda path: path.parent.name)
def test_the_hub_reads_of_our_models_what_their_tables_say(about):
    check_about(about.read_text("utf-8"))
    text = card(about.read_text("utf-8"))
    data = ModelCard(text).data
    gains = shipped._gains(text)
    said = {each.metric_type: each.metric_value for each in data.eval_results if each.dataset_config is None}
    assert said.keys() == COLUMNS.keys()
    assert data.co2_eq_emissions["emissions"] > 0
    assert said == {metric: gains[column] for metric, column in COLUMNS.items()}
