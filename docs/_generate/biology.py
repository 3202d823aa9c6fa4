"""The pages of the biology: what each process says of itself, its equations and its numbers."""

from __future__ import annotations

import inspect
import sys
from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from _generate import mathml, term
from _generate.text import identifier, linked, number, plain, sourced, table, unit
from osteoaxis import biology, fitted
from osteoaxis.assembly import build_model
from osteoaxis.biology import sources
from osteoaxis.model import Model
from osteoaxis.process import Param, Process, Rate, Reaction, Site, State, arguments

CHAPTERS: Mapping[str, Mapping[str, str]] = {
    "steroids": {"steroids": "Steroids", "aromatase": "Aromatase"},
    "axis": {"axis": "Pituitary and gonads", "person": "Age and menopause"},
    "estrogen": {"estrogen": "The estrogen signal"},
    "cytokines": {"cytokines": "Cytokines"},
    "rankl": {"rankl": "RANKL and OPG"},
    "osteoclasts": {"osteoclasts": "Osteoclasts"},
    "osteoblasts": {"osteoblasts": "Osteoblasts and osteocytes", "coupling": "Coupling"},
    "matrix": {"matrix": "Bone matrix"},
    "markers": {"markers": "Markers"},
    "minerals": {
        "minerals": "Calcium, phosphate and the kidney",
        "parathyroid": "Parathyroid glands",
        "vitamin_d": "Vitamin D",
    },
    "joints": {"joints": "Joints"},
    "bone_surface": {"bone_surface": "The bone surface"},
}
"""Modules of each page docs/biology/NAME.md, and what each is called there."""
DRUGS = "drugs"
SHARED = {value: key for key, value in vars(sources).items() if key.isupper()}
"""Sources that many parameters share, and what they are called."""


@lru_cache(maxsize=1)
def model() -> Model:
    """Return the calibrated model."""
    return build_model()[0]


@lru_cache(maxsize=1)
def _declared() -> Mapping[str, Param]:
    """Return every parameter as it was before the calibration."""
    return build_model(calibrated=False)[0].parameters


@lru_cache(maxsize=1)
def _ranges() -> Mapping[str, tuple[float, float]]:
    """Return 90 % of the ensemble for each fitted parameter."""
    sets = fitted.ensemble()
    return {n: tuple(np.quantile([s[n] for s in sets], (0.05, 0.95))) for n in sets[0]}


@lru_cache(maxsize=1)
def _modules() -> Mapping[str, str]:
    """Return the module in which each process of the biology is written, by process."""
    return {
        process.name: next(
            d.function.__module__.rpartition(".")[2]
            for d in process.declarations.values()
            if isinstance(d, Rate | Reaction)
        )
        for process in biology.BIOLOGY
    }


@lru_cache(maxsize=1)
def _homes() -> Mapping[str, str]:
    """Return the process of each quantity, flow and parameter."""
    found = {name: process.name for process, name, _ in model().reactions} | dict(model().home)
    return found | {name: name.partition(".")[0] for name in model().parameters}


@lru_cache(maxsize=512)
def page_of(process: str) -> str:
    """Return the page of a process; raises `KeyError` for biology that no chapter has."""
    if process not in _modules():
        return DRUGS
    chapters = {module: name for name, modules in CHAPTERS.items() for module in modules}
    return chapters[_modules()[process]]


def place(full: str) -> str:
    """Return the identifier of a quantity, flow or parameter on its page."""
    return identifier("q", full)


def drug_place(name: str) -> str:
    """Return the identifier of a drug on the page of the drugs."""
    return identifier("drug", name)


def address(full: str, page: str) -> str:
    """Return where a name is declared, as seen from `page`."""
    home = _homes()[full]
    there = page_of(home)
    anchor = drug_place(home) if there == DRUGS else place(full)
    return f"#{anchor}" if there == page else f"{there}.html#{anchor}"


def named(full: str, page: str) -> str:
    """Return a linked name as Markdown (HTML, since Markdown would look for a file)."""
    return f'<a href="{address(full, page)}"><code>{full.rpartition(".")[2]}</code></a>'


def chapter(page: str) -> str:
    """Return a chapter: what it reads, what reads it, and its modules one after the other."""
    modules, text = CHAPTERS[page], ""
    for number_, (module, title) in enumerate(modules.items()):
        if len(modules) > 1:
            text += f"## {title}\n\n"
        said = inspect.cleandoc(sys.modules[f"{biology.__name__}.{module}"].__doc__ or "")
        text += f"{linked(said, '../')}\n\n"
        text += _connections(page) if number_ == 0 else ""
        processes = [p for p in model().processes if _modules().get(p.name) == module]
        for process in processes:
            alike = next(p for p in processes if _formulas(p) == _formulas(process))
            level = 2 + (len(modules) > 1)
            if len(processes) > 1:
                text += f"{'#' * level} {_title(process.name)}\n\n"
                level += 1
            text += _Process(process, page, "#" * level).markdown(alike)
    return text


def shared_sources() -> str:
    """Return the sources that many parameters share."""
    return "".join(
        f"{{#{place(name)}}}\n**{_title(name)}.** {sourced(source, '')}\n\n"
        for source, name in SHARED.items()
    )


def size() -> str:
    """Return a sentence on how large the model is and what its numbers rest on."""
    found, declared = model(), _declared()
    fit = set(fitted.values()) & set(declared)
    rest = [declared[name].basis for name in declared if name not in fit]
    return (
        f"The model has {len(found.states)} states, {len(found.reactions)} flows and "
        f"{len(found.parameters)} parameters, drugs included. Of the parameters {len(fit)} are "
        f"fitted by the calibration; of the others {rest.count('read')} were read in a source, "
        f"{rest.count('fitted')} fitted before, and {rest.count('assumed')} are assumed.\n\n"
    )


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _formulas(process: Process) -> tuple[Any, ...]:
    flows = (d for d in process.declarations.values() if isinstance(d, Rate | Reaction))
    return tuple(flow.function for flow in flows)


@lru_cache(maxsize=1)
def _reading() -> Mapping[tuple[str, str], set[str]]:
    """Return what each page reads of each other page, by (reader, read)."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for process in biology.BIOLOGY:
        reader = page_of(process.name)
        for name, declared in process.declarations.items():
            if not isinstance(declared, Rate | Reaction):
                continue
            for _, wire in arguments(declared):
                full = model().resolve(process, wire, name)
                if full in model().quantities and page_of(_homes()[full]) not in (reader, DRUGS):
                    found[reader, page_of(_homes()[full])].add(full)
    return found


def _connections(page: str) -> str:
    """Say which chapters this one reads and which read it."""
    reads, read = [], []
    for (reader, home), names in _reading().items():
        text = ", ".join(named(name, page) for name in sorted(names))
        if reader == page:
            reads.append(f"[]({home}.md) ({text})")
        if home == page:
            read.append(f"[]({reader}.md) ({text})")
    lines = [("Reads", reads), ("Is read by", read)]
    return "".join(f"**{word}** {'; '.join(sorted(of))}.\n\n" for word, of in lines if of)


class _Process:
    """Writes one process of a chapter; `heading` marks its sections."""

    def __init__(self, process: Process, page: str, heading: str) -> None:
        self.process = process
        self.page = page
        self.heading = heading
        names = [*model().quantities, *model().parameters, "time"]
        self.environment = {name: term.name(name) for name in names}

    def markdown(self, alike: Process) -> str:
        """Return all there is to say; what has the same formulas as `alike` shows its equations."""
        if alike is not self.process:
            same = f"The equations are those of the {_title(alike.name).lower()}"
            return (
                f"{same}, with this site's own states and numbers.\n\n"
                + self._section("States and quantities", self._listed(State, Reaction, Rate))
                + self._section("Parameters", self._parameters())
            )
        return "".join(
            self._section(title, body)
            for title, body in (
                ("States", self._states()),
                ("Flows", self._equations(Reaction)),
                ("Quantities", self._equations(Rate)),
                ("Where drugs act", self._sites()),
                ("Parameters", self._parameters()),
            )
        )

    def _section(self, title: str, body: str) -> str:
        return f"{self.heading} {title}\n\n{body}" if body else ""

    def _of(self, *kinds: type) -> list[tuple[str, Any]]:
        return [(n, d) for n, d in self.process.declarations.items() if isinstance(d, kinds)]

    def _link(self, full: str) -> tuple[str, str]:
        """Return what to show of a name and where it leads."""
        return full.rpartition(".")[2], "" if full == "time" else address(full, self.page)

    def _entry(self, name: str, measure: str, meaning: str) -> str:
        shown = f" ({measure})" if measure else ""
        said = plain(meaning[:1].upper() + meaning[1:])
        return f"{{#{place(name)} .quantity}}\n**`{name}`**{shown}. {said}.\n\n"

    def _listed(self, *kinds: type) -> str:
        return "".join(self._entry(n, _unit(d), d.meaning) for n, d in self._of(*kinds))

    def _states(self) -> str:
        text = ""
        for name, declared in self._of(State):
            flows = [
                (name in flow.consumes, {**flow.consumes, **flow.produces}[name], key)
                for _, key, flow in model().reactions
                if name in flow.consumes or name in flow.produces
            ]
            text += self._entry(name, unit(declared.unit), declared.meaning)
            text += _equation(mathml.balance(name, flows, self._link))
        return text

    def _equations(self, kind: type) -> str:
        text = ""
        for name, declared in self._of(kind):
            traced = term.term(model().call(self.process, declared, self.environment))
            text += self._entry(name, _unit(declared), declared.meaning)
            text += _equation(mathml.equation(traced, self._link))
            text += _words(declared)
        return text

    def _sites(self) -> str:
        rows = []
        for name, declared in self._of(Site):
            drugs = [p for p in model().processes if name in (site for site, _ in p.site_terms)]
            by = ", ".join(f'<a href="drugs.html#{drug_place(d.name)}">{d.name}</a>' for d in drugs)
            anchored = f"[`{name}`]{{#{place(name)}}}"
            rows.append((anchored, plain(declared.meaning), unit(declared.unit), by))
        return table(("site", "what is summed there", "unit", "drugs"), rows) if rows else ""

    def _parameters(self) -> str:
        rows = []
        for name, declared in self._of(Param):
            full = f"{self.process.name}.{name}"
            low, high = declared.range
            rows.append(
                (
                    f"[`{name}`]{{#{place(full)}}}",
                    plain(declared.meaning),
                    value(full),
                    unit(declared.unit),
                    f"{number(low)} to {number(high)}",
                    source(full),
                )
            )
        head = ("parameter", "meaning", "value", "unit", "plausible", "source")
        return table(head, rows) if rows else ""


def _unit(declared: State | Rate | Reaction) -> str:
    """Return the unit of a declaration; that of a flow follows from what it moves."""
    if not isinstance(declared, Reaction):
        return unit(declared.unit)
    moved = next(iter({**declared.consumes, **declared.produces}))
    return f"{unit(model().states[moved].unit) or '1'}/day"


def _equation(block: str) -> str:
    return f'<div class="equation">{block}</div>\n\n'


def _words(declared: Rate | Reaction) -> str:
    """Return what the docstring says beyond the meaning."""
    said = inspect.cleandoc(declared.function.__doc__ or "")
    first, _, rest = said.partition("\n\n")
    first = " ".join(first.split())
    kept = "" if first.rstrip(".") == declared.meaning else first
    return "".join(f"{linked(text, '../')}\n\n" for text in (kept, rest) if text)


def value(full: str) -> str:
    """Return the value of a parameter, that of men, and 90 % of what the data leave open."""
    declared = model().parameters[full]

    def one(name: str, value: float) -> str:
        found = _ranges().get(name)
        return number(value) + (f" ({number(found[0])} to {number(found[1])})" if found else "")

    text = one(full, declared.value)
    if declared.men is not None and declared.men != declared.value:
        text += f"; men {one(full + fitted.MEN, declared.men)}"
    return text


def source(full: str) -> str:
    """Return where the number of a parameter comes from, with links."""
    text = _declared()[full].source
    if text in SHARED:
        name = SHARED[text]
        text = f"[{_title(name).lower()}](../biology.md#{place(name)})"
    else:
        text = sourced(text, "../")
    calibrated = {full, full + fitted.MEN} & set(fitted.values())
    return f"[calibration](../calibration.md); before it {text}" if calibrated else text
