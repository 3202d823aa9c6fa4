// What is drawn, how, and in which words. Units and meanings of the model come from the server.

/** The charts by section; `expert` ones come with expert detail. */
export const SECTIONS = [
  {
    id: "bone",
    title: "Bone density",
    lead: "What a bone scan (DXA) would show. A T-score compares bone with that of healthy young adults.",
    charts: [
      { id: "lumbar_spine_bmd", title: "Spine density", as: "change", least: 2 },
      { id: "total_hip_bmd", title: "Hip density", as: "change", least: 2 },
      { id: "lumbar_spine_t_score", title: "Spine T-score", bands: true, digits: 2 },
      { id: "total_hip_t_score", title: "Hip T-score", bands: true, digits: 2 },
      {
        id: "femoral_neck_bmd",
        title: "Femoral neck density",
        as: "change",
        least: 2,
        expert: true,
      },
      {
        id: "femoral_neck_t_score",
        title: "Femoral neck T-score",
        bands: true,
        digits: 2,
        expert: true,
      },
      {
        id: "trabecular_bone_score",
        title: "Trabecular bone score",
        digits: 3,
        least: 0.05,
        expert: true,
      },
    ],
  },
  {
    id: "people",
    title: "Fractures and joint pain",
    lead: "Of 100 people like this one: how many have broken a bone since the start, and how many have joint pain now.",
    charts: [
      {
        id: "any_fracture_incidence",
        title: "Any fracture",
        unit: "of 100 people",
        floor: 0,
        least: 4,
      },
      {
        id: "arthralgia_probability",
        title: "Joint pain",
        as: "share",
        unit: "of 100 people",
        floor: 0,
        least: 20,
        digits: 0,
      },
      {
        id: "vertebral_fracture_incidence",
        title: "Spine fracture, felt",
        unit: "of 100 people",
        floor: 0,
        least: 2,
        expert: true,
      },
      {
        id: "hip_fracture_incidence",
        title: "Hip fracture",
        unit: "of 100 people",
        floor: 0,
        least: 2,
        expert: true,
      },
      {
        id: "other_fracture_incidence",
        title: "Other fracture",
        unit: "of 100 people",
        floor: 0,
        least: 2,
        expert: true,
      },
      {
        id: "joint_pain_score",
        title: "Mean worst joint pain, 0 to 10",
        floor: 0,
        least: 2,
        digits: 1,
        expert: true,
      },
    ],
  },
  {
    id: "turnover",
    title: "Bone turnover",
    lead: "Bone is taken away (resorption) and built anew (formation) all the time. Blood tests show both.",
    charts: [
      {
        gap: ["resorption_rate", "formation_rate"],
        id: "uncoupling",
        title: "Taken away and built",
        least: 0.2,
        floor: 0,
      },
      { id: "ctx", title: "CTX: bone taken away", as: "change", least: 20, digits: 0 },
      { id: "p1np", title: "P1NP: bone built", as: "change", least: 20, digits: 0 },
      { id: "osteoclasts", title: "Osteoclasts, 1 = young adult", floor: 0, least: 0.4 },
      {
        id: "osteoblasts",
        title: "Osteoblasts, 1 = young adult",
        floor: 0,
        least: 0.4,
        expert: true,
      },
      { id: "ntx", title: "NTX", as: "change", least: 20, digits: 0, expert: true },
      { id: "bsap", title: "BSAP", as: "change", least: 20, digits: 0, expert: true },
      { id: "sclerostin", title: "Sclerostin", floor: 0, expert: true },
      { id: "tgf_beta", title: "TGF-β freed by resorption", floor: 0, expert: true },
    ],
  },
  {
    id: "hormones",
    title: "Hormones",
    lead: "Estrogen holds back the cells that take bone away, in women and in men.",
    charts: [
      { id: "estradiol", title: "Estradiol in blood", floor: 0 },
      { id: "bone_estradiol", title: "Estradiol in bone", floor: 0 },
      { id: "testosterone", title: "Testosterone in blood", floor: 0 },
      { id: "estrone", title: "Estrone", floor: 0, expert: true },
      { id: "aromatase_inhibition", title: "Aromatase blocked", floor: 0, expert: true },
      { id: "lh", title: "LH", floor: 0, expert: true },
      { id: "fsh", title: "FSH", floor: 0, expert: true },
      { id: "shbg", title: "SHBG", floor: 0, expert: true },
    ],
  },
  {
    id: "messengers",
    title: "Messengers",
    lead: "RANKL tells bone-eating cells to form; OPG catches it. TNF-α, IL-1 and IL-6 are signals of inflammation.",
    charts: [
      { id: "rankl", title: "RANKL", floor: 0 },
      { id: "opg", title: "OPG", floor: 0 },
      { id: "rankl_opg_ratio", title: "RANKL for each OPG", floor: 0 },
      { id: "tnf_alpha", title: "TNF-α", floor: 0 },
      { id: "il1", title: "IL-1", floor: 0 },
      { id: "il6", title: "IL-6", floor: 0 },
      {
        id: "activated_immune_cells",
        title: "Active immune cells, 1 = young adult",
        floor: 0,
        expert: true,
      },
      {
        id: "rank_occupancy",
        title: "RANK occupied",
        as: "share",
        unit: "%",
        floor: 0,
        expert: true,
      },
    ],
  },
  {
    id: "minerals",
    title: "Minerals and kidney",
    lead: "Calcium, the hormones that hold it, and the kidney.",
    expert: true,
    charts: [
      { id: "calcium", title: "Calcium", digits: 2, least: 0.3, expert: true },
      { id: "phosphate", title: "Phosphate", digits: 2, least: 0.3, expert: true },
      { id: "pth", title: "PTH", floor: 0, expert: true },
      { id: "vitamin_d", title: "Vitamin D", floor: 0, expert: true },
      { id: "calcitriol", title: "Calcitriol", floor: 0, expert: true },
      { id: "egfr", title: "Kidney function (eGFR)", floor: 0, expert: true },
    ],
  },
];

/** Short plain names of the map's nodes, where those of the model say little; two lines at most. */
export const NAMES = {
  estradiol: "estradiol in\u00a0blood",
  bone_estradiol: "estradiol in\u00a0bone",
  rankl: "order to\u00a0take",
  opg: "brake on\u00a0taking",
  sclerostin: "brake on\u00a0building",
  osteoclast_precursors: "cells to\u00a0come",
  rank_occupancy: "order heard",
  tgf_beta: "call to\u00a0build",
  osteomorphs: "cells in\u00a0waiting",
  osteoclasts: "bone-eating cells",
  osteoblasts: "bone-building cells",
  resorption_rate: "bone taken",
  formation_rate: "bone built",
  trabecular_bone_score: "inner lattice",
  lumbar_spine_bmd: "spine density",
  total_hip_bmd: "hip density",
  femoral_neck_bmd: "hip\u00a0neck density",
};

/** The map's nodes in plain words. */
export const PLAIN = {
  lh: "A messenger from the pituitary gland. It tells testes or ovaries to make sex hormones. Low estrogen raises it.",
  testosterone:
    "Men's main sex hormone; women have some, too. Aromatase turns part of it into estradiol.",
  peripheral_aromatase_activity:
    "The enzyme that makes estrogen in fat, muscle and bone. Aromatase inhibitors block it: this is where they act.",
  estradiol: "The strongest estrogen, as a blood test shows it.",
  bone_estradiol: "Estradiol where it counts for bone. Bone makes some of its own.",
  arthralgia_probability:
    "The share of people like this one with joint pain of 3 or more out of 10. It follows the fall of estrogen from what a body was used to.",
  estrogen_signal:
    "How strongly bone cells feel estrogen. More is not always felt more: the signal levels off.",
  activated_immune_cells:
    "Immune cells of the marrow. Estrogen calms them; without it they wake and send out TNF-α, IL-1 and IL-6.",
  tnf_alpha: "A signal of inflammation. It helps bone-eating cells to form and to live.",
  il1: "A signal of inflammation. It raises RANKL and drives bone-eating cells.",
  il6: "A signal of inflammation. It brings more cells that can become bone-eating cells.",
  rankl: "The main order to take bone away. Denosumab catches it.",
  opg: "The body's own brake: it catches RANKL before it can act.",
  sclerostin: "A brake on bone building, made by cells deep in bone. Romosozumab catches it.",
  osteoclast_precursors: "Cells that can become bone-eating cells.",
  rank_occupancy: "How many of the cells' receptors hold RANKL: how loud the order is.",
  tgf_beta:
    "Set free when bone is taken away. It calls for bone to be built, so the two stay coupled.",
  osteomorphs:
    "Bone-eating cells that have split up and wait. After denosumab they come back all at once: the rebound.",
  osteoclasts: "The cells that take bone away.",
  osteoblasts: "The cells that build bone.",
  resorption_rate: "How fast bone is taken away.",
  formation_rate: "How fast bone is built.",
  trabecular_bone_score:
    "How fine the inner lattice of bone is. Struts that are gone do not come back.",
  lumbar_spine_bmd:
    "Mineral in the bones of the lower back, as a scan shows it. This part changes first.",
  total_hip_bmd: "Mineral in the hip, as a scan shows it. It changes more slowly than the spine.",
  femoral_neck_bmd: "Mineral in the neck of the thigh bone, where hips most often break.",
};

/** Every quantity that charts and map need. */
export function wanted(catalogue, expert) {
  const charts = SECTIONS.flatMap((section) => section.charts)
    .filter((chart) => expert || !chart.expert)
    .flatMap((chart) => chart.gap ?? [chart.id]);
  const always = [
    "vitamin_d",
    "shbg",
    "femoral_neck_t_score",
    "vertebral_fracture_incidence",
    ...catalogue.map.nodes.map((node) => node.id),
  ];
  return [...new Set([...charts, ...always])].filter((name) => name in catalogue.quantities);
}

const BY_ID = new Map(
  SECTIONS.flatMap((section) => section.charts).map((chart) => [chart.id, chart]),
);

/** How a quantity is drawn anywhere on the page. */
export const chartOf = (id, label) => BY_ID.get(id) ?? { id, title: label ?? id, floor: 0 };
