"""The shapes of pharmacokinetics: what becomes of a dose, and which quantity acts.

Amounts are in ug and volumes in L, so a concentration in ug/L is also in ng/mL. A shape names its
parameters and builds states and reactions; everything specific to a drug is in its TOML file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from osteoaxis.process import Declaration, Rate, Reaction, State, Value, power

AMOUNT = "ug"
CONCENTRATION = "ng/mL"


def first_order(amount: Value, k: Value) -> Value:
    """An amount leaves in proportion to itself."""
    return k * amount


def cleared(amount: Value, clearance: Value, volume: Value) -> Value:
    """Clearance empties a volume."""
    return clearance / volume * amount


def saturable(amount: Value, fastest: Value, half: Value, volume: Value) -> Value:
    """Binding to the target removes drug, saturating (Michaelis-Menten limit of TMDD)."""
    concentration = amount / volume
    return fastest * concentration / (half + concentration)


def settled_quietly(amount: Value, k: Value, settling_share: Value) -> Value:
    """The part of what bone takes up that settles on quiet surfaces."""
    return k * amount * (1 - settling_share)


def let_go(amount: Value, k_desorption: Value, affinity: Value, desorption_power: Value) -> Value:
    """Drug leaves the mineral, the sooner the weaker it binds."""
    return k_desorption * power(1 / affinity, desorption_power) * amount


def cleared_of_freed(
    amount: Value, opening: Value, k: Value, clearance: Value, volume: Value
) -> Value:
    """Of the drug that resorption frees, the kidney clears what bone does not take up again."""
    return opening * amount * (clearance / volume) / (k + clearance / volume)


def settled_of_freed(
    amount: Value, opening: Value, k: Value, clearance: Value, volume: Value
) -> Value:
    """Of the drug that resorption frees, bone takes this up again before the kidney clears it."""
    return opening * amount * k / (k + clearance / volume)


def concentration(amount: Value, volume: Value) -> Value:
    """Concentration in the central compartment."""
    return amount / volume


@dataclass(frozen=True)
class Built:
    """What a shape made: declarations, linear groups, the quantities that act and their unit."""

    declarations: dict[str, Declaration]
    linear: tuple[tuple[str, ...], ...]
    acting: tuple[str, ...]
    acting_unit: str


@dataclass(frozen=True)
class Shape:
    """A pharmacokinetic shape: the unit of each parameter it needs, and how to build it."""

    parameters: Mapping[str, str]
    build: Callable[[str, tuple[str, ...]], Built]


def _amount(drug: str, place: str) -> State:
    return State(AMOUNT, f"{drug} in {place}", 1000.0, empty=True)


def _absorption(drug: str, depots: tuple[str, ...], target: str) -> dict[str, Declaration]:
    """First-order absorption from the depot of each route into `target` (or out, if empty)."""
    made: dict[str, Declaration] = {}
    for route in depots:
        depot = f"{drug}_depot_{route}"
        made[depot] = _amount(drug, f"the depot ({route})")
        made[f"{drug}_absorption_{route}"] = Reaction(
            {depot: 1},
            {target: 1} if target else {},
            f"{drug} is absorbed ({route})",
            first_order,
            {"amount": depot, "k": f"{drug}.ka_{route}"},
        )
    return made


def _concentration(drug: str) -> dict[str, Declaration]:
    wiring = {"amount": f"{drug}_central", "volume": f"{drug}.V"}
    return {
        f"{drug}_concentration": Rate(CONCENTRATION, f"{drug} in plasma", concentration, wiring)
    }


def _central(drug: str, depots: tuple[str, ...]) -> dict[str, Declaration]:
    central = f"{drug}_central"
    return {
        **_absorption(drug, depots, central),
        central: _amount(drug, "plasma"),
        f"{drug}_elimination": Reaction(
            {central: 1},
            {},
            f"{drug} is cleared",
            cleared,
            {"amount": central, "clearance": f"{drug}.CL", "volume": f"{drug}.V"},
        ),
        **_concentration(drug),
    }


def _exchange(drug: str) -> dict[str, Declaration]:
    central, peripheral = f"{drug}_central", f"{drug}_peripheral"
    flow = f"{drug}.Q"
    return {
        peripheral: _amount(drug, "tissues"),
        f"{drug}_distribution": Reaction(
            {central: 1},
            {peripheral: 1},
            f"{drug} goes into tissues",
            cleared,
            {"amount": central, "clearance": flow, "volume": f"{drug}.V"},
        ),
        f"{drug}_redistribution": Reaction(
            {peripheral: 1},
            {central: 1},
            f"{drug} comes back from tissues",
            cleared,
            {"amount": peripheral, "clearance": flow, "volume": f"{drug}.V2"},
        ),
    }


def _states(declarations: Mapping[str, Declaration]) -> tuple[str, ...]:
    return tuple(name for name, declared in declarations.items() if isinstance(declared, State))


def one_compartment(drug: str, depots: tuple[str, ...]) -> Built:
    """Absorption, one volume, linear clearance."""
    made = _central(drug, depots)
    return Built(made, (_states(made),), (f"{drug}_concentration",), CONCENTRATION)


def two_compartment(drug: str, depots: tuple[str, ...]) -> Built:
    """Absorption, two volumes, linear clearance."""
    made = _central(drug, depots) | _exchange(drug)
    return Built(made, (_states(made),), (f"{drug}_concentration",), CONCENTRATION)


def _target_mediated(drug: str, depots: tuple[str, ...]) -> dict[str, Declaration]:
    return _central(drug, depots) | {
        f"{drug}_target_elimination": Reaction(
            {f"{drug}_central": 1},
            {},
            f"{drug} is lost with its target",
            saturable,
            {
                "amount": f"{drug}_central",
                "fastest": f"{drug}.Vmax",
                "half": f"{drug}.Km",
                "volume": f"{drug}.V",
            },
        )
    }


def _depot_groups(drug: str, depots: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    return tuple((f"{drug}_depot_{route}",) for route in depots)


def tmdd(drug: str, depots: tuple[str, ...]) -> Built:
    """Absorption, one volume, linear clearance and saturable loss with the target."""
    made = _target_mediated(drug, depots)
    return Built(made, _depot_groups(drug, depots), (f"{drug}_concentration",), CONCENTRATION)


def tmdd_two_compartment(drug: str, depots: tuple[str, ...]) -> Built:
    """As `tmdd`, with exchange with tissues."""
    made = _target_mediated(drug, depots) | _exchange(drug)
    return Built(made, _depot_groups(drug, depots), (f"{drug}_concentration",), CONCENTRATION)


def skeletal_binding(drug: str, depots: tuple[str, ...]) -> Built:
    """Plasma is shared between kidney and bone; on the resorbing surface the drug acts for years.

    The laws of the surface are those of the class, see `biology.bone_surface`. What bone frees
    passes through plasma within hours: the kidney takes its share, bone takes up the rest again.
    """
    central, fluid, osteoid = f"{drug}_central", f"{drug}_bone_fluid", f"{drug}_osteoid"
    surface, buried = f"{drug}_bone_surface", f"{drug}_buried"
    settling = {"amount": osteoid, "k": "k_settling"}
    made = _central(drug, depots) | {
        fluid: _amount(drug, "the fluid of bone"),
        osteoid: _amount(drug, "osteoid"),
        f"{drug}_uptake": Reaction(
            {central: 1},
            {fluid: 1},
            f"{drug} leaves plasma for bone",
            first_order,
            {"amount": central, "k": f"{drug}.k_uptake"},
        ),
        f"{drug}_osteoid_entry": Reaction(
            {fluid: 1},
            {osteoid: 1},
            f"{drug} enters osteoid",
            first_order,
            {"amount": fluid, "k": "k_entry"},
        ),
    }
    plasma = _states(made)

    def freed(place: str, opening: str) -> dict[str, str]:
        own = {"k": "k_uptake", "clearance": "CL", "volume": "V"}
        return {"amount": place, "opening": opening} | {k: f"{drug}.{v}" for k, v in own.items()}

    made |= {
        surface: _amount(drug, "the resorbing bone surface"),
        buried: _amount(drug, "bone out of reach, under new bone and on quiet surfaces"),
        f"{drug}_settling": Reaction(
            {osteoid: 1}, {surface: 1}, f"{drug} settles on bone", first_order, settling
        ),
        f"{drug}_quiet_settling": Reaction(
            {surface: 1},
            {buried: 1},
            f"{drug} settles on quiet surfaces",
            settled_quietly,
            settling,
        ),
        f"{drug}_burial": Reaction(
            {surface: 1},
            {buried: 1},
            f"{drug} is covered with new bone",
            first_order,
            {"amount": surface, "k": "burial_rate"},
        ),
        f"{drug}_desorption": Reaction(
            {surface: 1},
            {},
            f"{drug} lets go of the mineral",
            let_go,
            {"amount": surface, "affinity": f"{drug}.affinity"},
        ),
        f"{drug}_resorption": Reaction(
            {surface: 1},
            {},
            f"{drug} is freed by resorption and cleared",
            cleared_of_freed,
            freed(surface, "surface_release"),
        ),
        f"{drug}_reopening": Reaction(
            {buried: 1},
            {},
            f"{drug} is freed with old bone and cleared",
            cleared_of_freed,
            freed(buried, "reopening"),
        ),
        f"{drug}_resettling": Reaction(
            {buried: 1},
            {surface: 1},
            f"{drug} is freed with old bone and settles again",
            settled_of_freed,
            freed(buried, "reopening"),
        ),
    }
    return Built(made, (plasma,), (surface,), AMOUNT)


def supply(drug: str, depots: tuple[str, ...]) -> Built:
    """A hormone given as a drug: what each depot releases feeds the body's own pool."""
    made = _absorption(drug, depots, "")
    for route in depots:
        made[f"{drug}_absorbed_{route}"] = Rate(
            f"{AMOUNT}/day",
            f"{drug} absorbed ({route})",
            first_order,
            {"amount": f"{drug}_depot_{route}", "k": f"{drug}.ka_{route}"},
        )
    acting = tuple(f"{drug}_absorbed_{route}" for route in depots)
    return Built(made, _depot_groups(drug, depots), acting, f"{AMOUNT}/day")


_LINEAR = {"CL": "L/day", "V": "L"}
_TWO = {**_LINEAR, "Q": "L/day", "V2": "L"}
_TARGET = {"Vmax": "ug/day", "Km": CONCENTRATION}

SHAPES: dict[str, Shape] = {
    "one_compartment": Shape(_LINEAR, one_compartment),
    "two_compartment": Shape(_TWO, two_compartment),
    "tmdd": Shape({**_LINEAR, **_TARGET}, tmdd),
    "tmdd_two_compartment": Shape({**_TWO, **_TARGET}, tmdd_two_compartment),
    "skeletal_binding": Shape(
        {**_LINEAR, "k_uptake": "1/day", "affinity": "1"},
        skeletal_binding,
    ),
    "supply": Shape({}, supply),
}
