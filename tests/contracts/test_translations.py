"""Nothing reaches a reader in one language only: every text is marked, extracted and translated."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message
from flask import Flask
from flask_babel import Babel, force_locale, ngettext
from jinja2 import Environment, nodes
from marshmallow import Schema

from cotrack.bedside.rules.advice import ADVICE, DEFAULT_ADVICE
from cotrack.foundation.problems import HTTP_TITLES
from cotrack.foundation.resources import PACKAGE
from cotrack.foundation.web.schemas import In
from cotrack.lifecycles import LIFECYCLES
from cotrack.policy import ROLES
from cotrack.stages import NAVIGATION
from cotrack.vocabulary import WORDS
from tools.sentences import calls, name_of
from tools.translations import keywords, read_catalogue, refusals, texts_of_the_code, untranslated

MODULES = sorted(PACKAGE.rglob("*.py"))
TEMPLATES = sorted(PACKAGE.glob("**/templates/**/*.html"))
JINJA = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
GETTEXT = {"_", "gettext", "ngettext", "pgettext", "npgettext"}
READ_ALOUD = {"title", "placeholder", "aria-label", "alt", "label", "data-lost", "data-over"}
SAME_IN_BOTH = re.compile(r"cotrack|×10⁶|\bm?L\b|\bkg\b|CSV|OpenAPI 3\.1|API|SHA-256|UTC|Alt\+L|中文|English")
WORDS_OF_MACROS = {"mark": 1, "submit": 0, "field": 2, "choice": 2, "tick": 2}
"""Which argument of a macro of `macros.html` is shown as it is."""


@pytest.fixture(scope="module")
def texts() -> Catalog:
    """What the code and the templates say now."""
    return texts_of_the_code()


@pytest.fixture(scope="module")
def kept() -> Catalog:
    """The Chinese catalogue."""
    return read_catalogue()


def names(catalogue: Catalog) -> set[tuple[object, object]]:
    return {(each.context, each.id) for each in catalogue if each.id}


def test_every_text_has_a_chinese_translation(texts: Catalog, kept: Catalog) -> None:
    assert names(texts) - names(kept) == set(), "run `python tools/translations.py`, then translate"
    assert [each.id for each in untranslated(kept)] == []


def test_the_catalogue_holds_no_text_that_the_code_no_longer_says(texts: Catalog, kept: Catalog) -> None:
    assert names(kept) - names(texts) == set(), "run `python tools/translations.py`"
    assert list(kept.obsolete) == []


def parameters(text: str) -> set[str]:
    named = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    return named | set(re.findall(r"%\(\w+\)\w", text))


def forms(text: object) -> list[str]:
    return [str(each) for each in text] if isinstance(text, tuple | list) else [str(text)]


def test_every_translation_keeps_its_parameters(kept: Catalog) -> None:
    for message in (each for each in kept if each.id):
        expected = set().union(*map(parameters, forms(message.id)))
        for form in forms(message.string):
            assert parameters(form) == expected, message.id


def test_a_translation_for_a_template_has_no_percent_sign_of_its_own(kept: Catalog) -> None:
    """Jinja fills in `%(name)s` always, so that a bare `%` would break the page."""
    for message in (each for each in kept if each.id and _is_of_a_template(each)):
        for form in forms(message.string):
            assert "%" not in re.sub(r"%\(\w+\)\w", "", form), message.id


def _is_of_a_template(message: Message) -> bool:
    return any(place.endswith(".html") for place, _ in message.locations)


class Page(HTMLParser):
    """Collects what a template says outside its expressions."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = tag
        self.said += [value for name, value in attrs if name in READ_ALOUD and value]

    def handle_endtag(self, tag: str) -> None:
        if tag == self.inside:
            self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside not in {"script", "style"}:
            self.said.append(data)


def is_bare(text: str) -> bool:
    return any(each.isalpha() for each in SAME_IN_BOTH.sub("", text))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_says_anything_outside_gettext(path: Path) -> None:
    page = Page()
    tokens = JINJA.lex(path.read_text(encoding="utf-8"))
    page.feed("".join(value for _, kind, value in tokens if kind == "data"))
    page.close()
    assert [text.strip() for text in page.said if is_bare(text)] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_expression_of_a_template_says_words_outside_gettext(path: Path) -> None:
    tree = JINJA.parse(path.read_text(encoding="utf-8"))
    assert [text for text in shown_literals(tree) if is_bare(text)] == []


def shown_literals(tree: nodes.Template) -> Iterator[str]:
    for output in tree.find_all(nodes.Output):
        yield from (text for text in literals(output) if text[:1].isupper() or re.search(r"\w \w", text))
    for call in tree.find_all(nodes.Call):
        position = WORDS_OF_MACROS.get(getattr(call.node, "attr", getattr(call.node, "name", "")))
        if position is not None and position < len(call.args):
            yield from literals(nodes.Tuple([call.args[position]], "load"))


def literals(node: nodes.Node) -> Iterator[str]:
    """Yield the plain texts of an expression that may be shown: not of comparisons, keys or translated calls."""
    for child in node.iter_child_nodes():
        if isinstance(child, nodes.Const) and isinstance(child.value, str):
            yield child.value
        elif isinstance(child, nodes.Call) and getattr(child.node, "name", "") in GETTEXT:
            continue
        elif not isinstance(child, nodes.Compare | nodes.Getitem | nodes.TemplateData):
            yield from literals(child)


def sentences(path: Path) -> Iterator[tuple[ast.Call, int]]:
    """Yield each call of a module that carries a sentence, with the sentence's position."""
    specs = keywords()
    for call in calls(ast.parse(path.read_text(encoding="utf-8"))):
        name = name_of(call)
        if name in {"N_", "Blocker", "fault", *refusals()}:
            yield call, (specs[name] or (1,))[0] - 1


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_sentence_is_put_together_where_nobody_can_translate_it(path: Path) -> None:
    """A sentence is one plain text, or a name that was marked with `N_`: no f-string, no sum, no keyword."""
    for call, position in sentences(path):
        assert "detail" not in {each.arg for each in call.keywords}, ast.unparse(call)
        if position < len(call.args):
            assert not isinstance(call.args[position], ast.JoinedStr | ast.BinOp | ast.IfExp), ast.unparse(call)


def test_every_word_of_the_vocabulary_is_in_the_catalogue(kept: Catalog) -> None:
    assert [word for word in WORDS.values() if word not in kept] == []
    assert [role for role in ROLES if role not in WORDS] == []


@pytest.mark.parametrize("noun", LIFECYCLES)
def test_every_action_and_state_of_a_lifecycle_is_in_the_catalogue(noun: str, kept: Catalog) -> None:
    lifecycle = LIFECYCLES[noun]
    assert noun in WORDS
    assert [state for state in lifecycle.states if state not in WORDS] == []
    for action in lifecycle.actions.values():
        assert action.title in kept
        assert action.sentence in kept
        assert action.meaning is None or WORDS.get(action.meaning, action.meaning) in kept


def test_every_advice_at_the_bedside_is_in_the_catalogue(kept: Catalog) -> None:
    for words, whom in [*ADVICE.values(), DEFAULT_ADVICE]:
        assert words in kept
        assert WORDS[whom] in kept


def test_every_title_of_navigation_and_problems_is_in_the_catalogue(kept: Catalog) -> None:
    assert [entry.title for entry in NAVIGATION if entry.title not in kept] == []
    assert [title for title in HTTP_TITLES.values() if title not in kept] == []


def schemas(kind: type[Schema] = In) -> list[type[Schema]]:
    found = {deeper for each in kind.__subclasses__() for deeper in (each, *schemas(each))}
    return sorted(found, key=lambda each: (each.__module__, each.__name__))


@pytest.mark.parametrize("schema", schemas(), ids=lambda schema: f"{schema.__module__}.{schema.__name__}")
def test_every_label_and_hint_of_a_form_is_in_the_catalogue(schema: type[Schema], kept: Catalog) -> None:
    for field in schema().fields.values():
        shown = [field.metadata[name] for name in ("label", "hint") if name in field.metadata]
        assert [text for text in shown if text not in kept] == []


def test_every_event_of_the_trail_is_said_in_words() -> None:
    """An event is an action of a lifecycle or a word of the vocabulary."""
    of_lifecycles = {each.event(action) for each in LIFECYCLES.values() for action in each.actions}
    recorded = {
        call.args[0].value
        for path in MODULES
        for call in calls(ast.parse(path.read_text(encoding="utf-8")))
        if name_of(call) == "record" and call.args and isinstance(call.args[0], ast.Constant)
    }
    assert {event for event in recorded if "." in str(event)} - of_lifecycles - set(WORDS) == set()


@pytest.mark.parametrize(("count", "words"), [(1, "1 entry"), (2, "2 entries")])
def test_english_counts_one_and_many(count: int, words: str) -> None:
    app = Flask(__name__)
    Babel(app, default_translation_directories=str(PACKAGE / "foundation/web/translations"))
    with app.test_request_context(), force_locale("en"):
        assert ngettext("%(num)d entry", "%(num)d entries", count) == words
