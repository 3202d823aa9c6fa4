"""Small SBML models as texts."""

from __future__ import annotations

T = '<csymbol encoding="text" definitionURL="http://www.sbml.org/sbml/symbols/time"> t </csymbol>'
DELAY = (
    '<apply><csymbol encoding="text" definitionURL="http://www.sbml.org/sbml/symbols/delay"> d '
    "</csymbol><ci> x </ci><cn> 1 </cn></apply>"
)


def maths(content: str) -> str:
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML">{content}</math>'


def op(name: str, *args: str | float) -> str:
    """`<apply>` of a MathML operator to names, numbers and other operators."""
    return f"<apply><{name}/>{''.join(map(arg, args))}</apply>"


def arg(value: str | float) -> str:
    if isinstance(value, str) and value.startswith("<"):
        return value
    return f"<ci>{value}</ci>" if isinstance(value, str) else f"<cn>{value!r}</cn>"


def many(kind: str, *parts: str) -> str:
    return f"<listOf{kind}>{''.join(parts)}</listOf{kind}>" if parts else ""


def parameter(name: str, value: float | None = None, constant: str = "false") -> str:
    given = "" if value is None else f' value="{value!r}"'
    return f'<parameter id="{name}"{given} constant="{constant}"/>'


def species(name: str, start: str, *, amounts: str = "false", more: str = "") -> str:
    return (
        f'<species id="{name}" compartment="c" {start} hasOnlySubstanceUnits="{amounts}" '
        f'boundaryCondition="false" constant="false" {more}/>'
    )


def rule(kind: str, name: str, content: str) -> str:
    return f'<{kind}Rule variable="{name}">{maths(arg(content))}</{kind}Rule>'


def initial(name: str, content: str) -> str:
    return f'<initialAssignment symbol="{name}">{maths(content)}</initialAssignment>'


def reaction(law: str, sources: str = "", products: str = "", local: str = "") -> str:
    def ends(kind: str, names: str) -> str:
        return many(kind, *(
            f'<speciesReference species="{name}" stoichiometry="{count or 1}" constant="true"/>'
            for name, _, count in (text.partition("*") for text in names.split())
        ))  # fmt: skip

    return (
        f'<reaction id="J" reversible="false">{ends("Reactants", sources)}'
        f"{ends('Products', products)}<kineticLaw>{maths(law)}"
        f"{many('LocalParameters', local) if local else ''}</kineticLaw></reaction>"
    )


def event(
    trigger: str,
    *assignments: tuple[str, str | float],
    more: str = "",
    initially: str = "true",
    persistent: str = "true",
    at_trigger: str = "true",
) -> str:
    sets = (
        f'<eventAssignment variable="{name}">{maths(arg(value))}</eventAssignment>'
        for name, value in assignments
    )
    return (
        f'<event useValuesFromTriggerTime="{at_trigger}"><trigger initialValue="{initially}" '
        f'persistent="{persistent}">{maths(trigger)}</trigger>{more}'
        f"{many('EventAssignments', *sets)}</event>"
    )


def priority(value: float) -> str:
    return f"<priority>{maths(arg(value))}</priority>"


def model(*parts: str, volume: float = 2.0, constant: str = "true", attributes: str = "") -> str:
    home = f'<compartment id="c" spatialDimensions="3" size="{volume!r}" constant="{constant}"/>'
    names = {
        "functionDefinition": "FunctionDefinitions", "species": "Species",
        "parameter": "Parameters", "initialAssignment": "InitialAssignments", "assignmentRule":
        "Rules", "rateRule": "Rules", "algebraicRule": "Rules", "reaction": "Reactions",
        "event": "Events",
    }  # fmt: skip
    kinds = dict.fromkeys(names.values(), "")
    kinds = {"FunctionDefinitions": "", "Compartments": home} | kinds
    for part in parts:
        kinds[names[part[1:].split(" ")[0].split(">")[0]]] += part
    content = "".join(
        f"<listOf{kind}>{text}</listOf{kind}>" for kind, text in kinds.items() if text
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><sbml level="3" version="2" '
        f'xmlns="http://www.sbml.org/sbml/level3/version2/core"><model id="m" {attributes}>'
        f"{content}</model></sbml>"
    )
