// The 15 questions people ask: each is a scenario, where to look, and what the answer cannot say.
import { byId, h, link, say, set } from "./dom.js";
import { goTo } from "./figure.js";
import { table } from "./patient.js";
import { TESTOSTERONE, usual } from "./state.js";

const WOMAN = "postmenopausal-breast-cancer";
const LOW = {
  "t_scores.lumbar_spine": -1.9,
  "t_scores.total_hip": -1.6,
  "t_scores.femoral_neck": -1.8,
};
const ANASTROZOLE = "anastrozole 1 mg po qd";
const LETROZOLE = "letrozole 2.5 mg po qd";
const DENOSUMAB = "denosumab 60 mg sc q6mo";
const ZOLEDRONATE = "zoledronate 4 mg iv over 15 min q6mo";
const NONE = { name: "no treatment", colour: 0, regimen: "none" };
const plan = (name, colour, regimen) => ({ name, colour, regimen });

export const QUESTIONS = [
  {
    id: "how-much",
    group: "My bones",
    ask: "How much bone will I lose on this medicine?",
    preset: WOMAN,
    years: 7,
    month: 60,
    focus: 1,
    chart: "lumbar_spine_bmd",
    strategies: [NONE, plan("anastrozole", 1, `${ANASTROZOLE} [m0-m60]`)],
    look: "Move the time to 1, 2 and 5 years and read the spine and hip: loss is quickest at first, then slows down.",
    limits:
      "The shaded band is what studies leave open for a typical woman. It does not show how women differ: you may lose more or less; “How many people like this one would cross the line” shows that.",
  },
  {
    id: "when-low",
    group: "My bones",
    ask: "Will I cross the line of osteoporosis, and when?",
    preset: WOMAN,
    changes: LOW,
    years: 7,
    month: 60,
    focus: 1,
    chart: "crossing",
    strategies: [NONE, plan("letrozole", 1, `${LETROZOLE} [m0-m60]`)],
    look: "Put in your own T-scores, then read how many of 100 people like you would be at or below −2.5 by each year, with and without the medicine. Scans during treatment say more: type them into “My own results” and update the forecast.",
    limits:
      "It counts people like you and cannot say which of them you are. A T-score is one sign among others. Two scans of the same person can differ by chance, so a crossing date is never exact.",
  },
  {
    id: "fracture",
    group: "My bones",
    ask: "What is my chance of a fracture, with and without it?",
    preset: WOMAN,
    years: 10,
    month: 120,
    focus: 1,
    chart: "any_fracture_incidence",
    strategies: [NONE, plan("anastrozole", 1, `${ANASTROZOLE} [m0-m60]`)],
    look: "Compare how many of 100 people like you have broken a bone. The difference between the curves is firmer than their height.",
    limits:
      "It describes groups, not you. Rates differ up to fourfold between countries and sources. Tell earlier fractures under “What happened before”: they matter most.",
  },
  {
    id: "treat-now",
    group: "Protection",
    ask: "Should bone protection start now?",
    preset: WOMAN,
    changes: {
      "t_scores.lumbar_spine": -2.2,
      "t_scores.total_hip": -1.8,
      "t_scores.femoral_neck": -1.9,
    },
    years: 5,
    month: 60,
    focus: 0,
    chart: "lumbar_spine_t_score",
    part: ["guidelines", "See what guidelines say"],
    strategies: [
      plan("letrozole alone", 0, `${LETROZOLE} [m0-m60]`),
      plan("with zoledronate now", 2, `${LETROZOLE} [m0-m60] + ${ZOLEDRONATE} [m0-m60]`),
    ],
    look: "Guidelines disagree here: at a T-score of −2.2 the joint statement of 2017 would treat, ASCO 2019 would not by the T-score alone. Read them side by side, and see what treating does.",
    anyone:
      "Guidelines disagree about when to start. Read below what each says of this person, and see what treating does to the curves.",
    limits:
      "This page does not decide, and newer guidelines may say something else. Take the question to your team.",
  },
  {
    id: "which",
    group: "Protection",
    ask: "Denosumab or zoledronate, now or later?",
    preset: WOMAN,
    changes: LOW,
    years: 7,
    month: 60,
    focus: 1,
    chart: "lumbar_spine_bmd",
    strategies: [
      plan("letrozole alone", 0, `${LETROZOLE} [m0-m60]`),
      plan("zoledronate at once", 2, `${LETROZOLE} [m0-m60] + ${ZOLEDRONATE} [m0-m36]`),
      plan("zoledronate after 2 years", 3, `${LETROZOLE} [m0-m60] + ${ZOLEDRONATE} [m24-m60]`),
      plan(
        "denosumab, then zoledronate",
        1,
        `${LETROZOLE} [m0-m60] + ${DENOSUMAB} [m0-m60] + zoledronate 4 mg iv over 15 min once [m60]`,
      ),
    ],
    look: "Both protect while given. Zoledronate stays in bone and works on after the last dose; denosumab does not, so here zoledronate follows it.",
    limits:
      "Effects on the cancer itself, on kidneys, calcium and jaw are not in these curves. They can decide the choice.",
  },
  {
    id: "stop-denosumab",
    group: "Protection",
    ask: "What happens if I stop or miss denosumab?",
    preset: "healthy-postmenopausal",
    years: 6,
    month: 40,
    focus: 1,
    chart: "ctx",
    strategies: [
      NONE,
      plan("denosumab for 3 years", 1, `${DENOSUMAB} [m0-m36]`),
      plan(
        "denosumab, then zoledronate",
        3,
        `${DENOSUMAB} [m0-m36] + zoledronate 5 mg iv over 15 min once [m36]`,
      ),
      plan("denosumab all along", 2, `${DENOSUMAB} [m0-m72]`),
    ],
    look: "When denosumab wears off, bone is taken away faster than before treatment: CTX shoots up, and more than half of the gain is lost within six months.",
    limits:
      "In some people several vertebrae break in this time; the model shows too few of these fractures (a known miss). A late dose is urgent: call your team.",
  },
  {
    id: "after",
    group: "My bones",
    ask: "When I finish the medicine, does bone come back?",
    preset: WOMAN,
    years: 10,
    month: 120,
    focus: 1,
    chart: "lumbar_spine_bmd",
    strategies: [NONE, plan("anastrozole for 5 years", 1, `${ANASTROZOLE} [m0-m60]`)],
    look: "After the last tablet the curve turns up at the spine: part of what was lost comes back.",
    limits:
      "Ageing goes on, and struts of bone that are gone do not come back. Few studies measured people after the end.",
  },
  {
    id: "pain-when",
    group: "Joints",
    ask: "When will joint pain start, peak and go?",
    preset: WOMAN,
    years: 7,
    month: 6,
    focus: 1,
    chart: "arthralgia_probability",
    strategies: [NONE, plan("anastrozole", 1, `${ANASTROZOLE} [m0-m60]`)],
    look: "Pain rises in the first months, for most who get it within three to six, then eases slowly, and falls when the medicine ends.",
    limits:
      "Trials ask about pain in different ways and find 9 to 73 of 100 people. The timing is firmer than the number.",
  },
  {
    id: "pain-switch",
    group: "Joints",
    ask: "Does pain go if I pause or switch?",
    preset: WOMAN,
    years: 3,
    month: 18,
    focus: 1,
    chart: "arthralgia_probability",
    strategies: [
      plan("anastrozole all along", 1, `${ANASTROZOLE} [m0-m36]`),
      plan("a pause of 3 months", 2, `${ANASTROZOLE} [m0-m12] + ${ANASTROZOLE} [m15-m36]`),
      plan("a switch to exemestane", 3, `${ANASTROZOLE} [m0-m12] + exemestane 25 mg po qd [m12-m36]`),
    ],
    look: "In a pause pain falls within weeks and comes back with the medicine. A switch changes little here, since all three lower estrogen alike.",
    limits:
      "In studies about a third of people do bear a second medicine better; why is not known and not in the model. Never pause or stop without your team.",
  },
  {
    id: "pain-help",
    group: "Joints",
    ask: "What helps against joint pain?",
    preset: WOMAN,
    years: 2,
    month: 12,
    focus: 1,
    chart: "arthralgia_probability",
    strategies: [
      plan("anastrozole alone", 0, `${ANASTROZOLE} [m0-m24]`),
      plan("with exercise", 3, `${ANASTROZOLE} [m0-m24] + exercise 50 min ex 3x/wk [m3-m24]`),
      plan("with duloxetine", 2, `${ANASTROZOLE} [m0-m24] + duloxetine 60 mg po qd [m3-m24]`),
      plan("with omega-3", 4, `${ANASTROZOLE} [m0-m24] + omega3 3300 mg po qd [m3-m24]`),
    ],
    look: "Exercise and duloxetine lower the curve; omega-3, which did no more than placebo in its trial, does not.",
    limits:
      "Placebo itself eases pain by 1.5 to 2 points of 10 in trials; that part is not drawn. Acupuncture is not in the model. The effects are assumed from single trials; the one of exercise was not blinded.",
  },
  {
    id: "scan",
    group: "Tests",
    ask: "How often should I be scanned, and is my change real?",
    preset: WOMAN,
    years: 5,
    month: 24,
    focus: 1,
    chart: "lumbar_spine_bmd",
    part: ["check-scans", "Check your two scans"],
    strategies: [NONE, plan("anastrozole", 1, `${ANASTROZOLE} [m0-m60]`)],
    look: "By chance alone two scans can differ by 5.3 % at the spine and 5.0 % at the hip. See how many years the curve needs to fall by more than that.",
    limits:
      "These limits are for the least precise scanner that is accepted; yours may be better. Your team knows which interval is right for you.",
  },
  {
    id: "machine",
    group: "Tests",
    ask: "Does it matter which machine scanned me?",
    preset: WOMAN,
    years: 5,
    month: 60,
    focus: 0,
    chart: "lumbar_spine_t_score",
    part: ["check-scan", "Convert your scan"],
    strategies: [plan("anastrozole", 1, `${ANASTROZOLE} [m0-m60]`)],
    look: "Yes: Hologic and Lunar scanners give different densities for the same bone. Compare T-scores or changes in percent, best from one machine.",
    limits:
      "Densities here are those of a Hologic scanner. Comparing two makes adds an error of 3.5 %.",
  },
  {
    id: "men-estradiol",
    group: "Men",
    ask: "Men on testosterone: is my estradiol too low for my bones?",
    preset: "man-on-testosterone",
    years: 3,
    month: 36,
    focus: 1,
    chart: "estradiol",
    strategies: [
      plan("testosterone", 0, `${TESTOSTERONE} [m0-m36]`),
      plan("with anastrozole", 1, `${TESTOSTERONE} [m0-m36] + anastrozole 0.5 mg po twice a week [m0-m36]`),
    ],
    look: "Type in testosterone and estradiol from before the medicines under “Blood tests before these medicines”, and those since then under “My own results”. Compare: less estradiol means more bone taken away (CTX) and a lower spine curve. There is no agreed limit: a review puts the level below which men lose bone between 15 and 25 pg/mL (55 to 92 pmol/L; PMC4383300).",
    limits:
      "Trials tested parts of it. Anastrozole alone for a year cost older men spine density (Burnett-Bowie 2009). With men’s own hormones blocked, testosterone with an inhibitor let markers of bone loss rise within weeks (Leder), and without both they rose, too (Falahati-Nini 2000). None followed density on testosterone with an inhibitor at doses of clinics; for joints everything in men is extrapolated.",
  },
  {
    id: "men-need",
    group: "Men",
    ask: "Do I need anastrozole with testosterone, and how fast does estradiol recover?",
    preset: "man-on-testosterone",
    years: 2,
    month: 9,
    focus: 1,
    chart: "estradiol",
    strategies: [
      plan("testosterone", 0, `${TESTOSTERONE} [m0-m24]`),
      plan(
        "anastrozole for 6 months",
        1,
        `${TESTOSTERONE} [m0-m24] + anastrozole 1 mg po qd [m0-m6]`,
      ),
      plan(
        "half a dose twice a week",
        2,
        `${TESTOSTERONE} [m0-m24] + anastrozole 0.5 mg po twice a week [m0-m24]`,
      ),
    ],
    look: "When anastrozole ends, estradiol is back within weeks. The curves show how deep it goes at each dose.",
    limits:
      "We found no guideline that supports an aromatase inhibitor as a routine with testosterone. How a person feels is not in the model. Assays differ at low levels.",
  },
  {
    id: "assay",
    group: "Tests",
    ask: "Which estradiol test, and which unit?",
    preset: "older-man",
    years: 2,
    month: 24,
    focus: 1,
    chart: "estradiol",
    part: ["check-level", "Convert your result"],
    units: { estradiol: "pmol/L" },
    strategies: [NONE, plan("anastrozole", 1, `${ANASTROZOLE} [m0-m24]`)],
    look: "1 pg/mL is 3.67 pmol/L: switch the unit beside Estradiol. On an inhibitor levels come close to what plain tests can measure in men, and fall far below it in women after menopause.",
    limits:
      "Ask for LC-MS (“sensitive”) at low levels; plain immunoassays often read too high there. Levels here are as LC-MS would measure them.",
  },
];

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** Whether the person is not the example of the question (of `one`: another question). */
const another = ({ preset, changes }, one) =>
  preset !== one.preset || !same(changes, one.changes ?? {});

/** Whether somebody changed the person: what an example brings along is no change. */
function edited(state) {
  const one = QUESTIONS.find(({ id }) => id === state.question);
  return Object.keys(state.changes).length > 0 && !(one && !another(state, one));
}

/** Whether strategies are ready-made: those of a preset, or of the question that was picked. */
const readyMade = ({ preset, question, strategies }) =>
  same(strategies, usual(preset)) ||
  same(strategies, QUESTIONS.find(({ id }) => id === question)?.strategies);

export function createQuestions(store, catalogue) {
  const jump = (id, text) => link(text, () => goTo(id));
  let mine = null; // strategies that a question replaced
  const groups = Map.groupBy(QUESTIONS, (one) => one.group);
  const buttons = new Map();
  const example = ({ preset, changes = {} }) => ({ preset, changes });
  const pick = (one) => {
    const { id, years, month, focus, strategies, units = store.state.units } = one;
    const who = edited(store.state) ? {} : example(one);
    if (!readyMade(store.state)) mine = store.state.strategies;
    store.update({ ...who, years, month, focus, strategies, units, question: id });
    byId("answer").scrollIntoView({ block: "nearest" });
  };
  for (const [title, questions] of groups) {
    byId("questions").append(
      h(
        "div",
        { class: "question-group", role: "group", "aria-label": title },
        h("h3", {}, title),
        h(
          "ul",
          {},
          questions.map((one) => {
            const button = h(
              "button",
              { type: "button", class: "question", on: { click: () => pick(one) } },
              one.ask,
            );
            buttons.set(one.id, button);
            return h("li", {}, button);
          }),
        ),
      ),
    );
  }
  byId("all-questions").addEventListener("click", () => {
    byId("questions").classList.add("all");
    byId("all-questions").hidden = true;
  });
  const sexOf = (who) => (table(who, catalogue).sex === "male" ? "man" : "woman");
  const kept = h("p", { class: "kept", role: "status" });
  const look = h("span");
  /** Say what is of the question and what is not: the person typed in, the medicines. */
  function showKept(state, one) {
    const typed = another(state, one);
    const replaced = mine && same(state.strategies, one.strategies);
    say(look, (typed && one.anyone) || one.look);
    kept.hidden = !typed && !replaced;
    const [meant, given] = [sexOf(example(one)), sexOf(state)];
    const other = meant === given ? "" : `This question is about a ${meant}, and this is a ${given}. `;
    const back = () => store.update({ strategies: mine, focus: 0 });
    kept.replaceChildren(
      ...(typed
        ? [
            `The person is the one you typed in. ${other}`,
            link("Use the question’s example person", () => store.update(example(one))),
            " ",
          ]
        : []),
      ...(replaced
        ? ["The medicines are those of the question, in place of yours. ", link("Put mine back", back)]
        : typed
          ? ["The medicines are those of the question."]
          : []),
    );
  }
  let shown = null;
  return function show(state) {
    const { question } = state;
    for (const [id, button] of buttons) set(button, { "aria-pressed": String(id === question) });
    const one = QUESTIONS.find((other) => other.id === question);
    byId("answer").hidden = !one;
    if (one) showKept(state, one);
    if (question === shown) return;
    shown = question;
    if (!one) return;
    byId("answer").replaceChildren(
      h("h2", {}, one.ask),
      kept,
      h(
        "p",
        { class: "look" },
        h("strong", {}, "Look here. "),
        look,
        " ",
        jump(`chart-${one.chart}`, "Go to the chart"),
        one.part ? [" · ", jump(...one.part)] : "",
      ),
      h("p", { class: "limits" }, h("strong", {}, "What it cannot say. "), one.limits),
    );
  };
}
