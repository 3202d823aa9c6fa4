"""RANKL, its receptor RANK and its decoy OPG; latent and active TGF-beta."""

from osteoaxis.process import State, power, rate
from osteoaxis.published.peterson_riggs.language import anchored, hourly, number

rankl = State("pM", "free RANKL, L", 0.4)
rank = State("pM", "free RANK, RNK", 10.0)
opg = State("pM", "free OPG, O", 4.0)
rank_rankl = State("pM", "RANKL bound to RANK, M", 2e-4)
opg_rankl = State("pM", "RANKL bound to OPG, N", 1e-4)
latent_tgf_beta = State("1", "latent TGF-beta, TGFB", 200.0)
active_tgf_beta = State("1", "active TGF-beta, TGFBact", 0.2)

rankl_0 = number(0.4, "pM", "RANKL at the start, L_0")
rank_0 = number(10.0, "pM", "RANK at the start, RNK_0")
opg_0 = number(4.0, "pM", "OPG at the start, O_0")
active_tgf_beta_0 = number(0.228142, "1", "active TGF-beta at the start, Pic0")
latent_per_active = number(1000.0, "1", "latent for each active TGF-beta at the start")
k_opg_on = number(6.24e-6, "1/pM/h", "binding of OPG to RANKL, k1")
k_opg_off = number(0.112013, "1/h", "unbinding of OPG from RANKL, k2")
k_rank_on = number(6.24e-6, "1/pM/h", "binding of RANK to RANKL, k3")
k_rank_off = number(0.112013, "1/h", "unbinding of RANK from RANKL, k4")
k_rankl = number(0.00293273, "1/h", "loss of RANKL, koutL")
rankl_osteoblast = number(0.173833, "1", "RANKL with osteoblasts, OsteoEffectGam")
rankl_pth = number(1.30721, "1", "most PTH raises RANKL to, EmaxLpth")
rankl_denosumab = number(2e-6, "1/pM/h", "loss of RANKL to denosumab, kdenosl")
k_rank = number(0.00323667, "1/h", "loss of RANK, koutRNK")
rank_tgf_beta = number(0.151825, "1", "RANK with TGF-beta, kinRNKgam")
k_opg = number(15.8885, "1/h", "loss of OPG, kO")
opg_pth_half = number(3.85, "pM", "PTH at which OPG is normal, opgPTH50")
k_tgf_beta = number(2.98449e-5, "1/h", "activation of latent TGF-beta, koutTGF0")
k_active_tgf_beta = number(2.98449e-2, "1/h", "loss of active TGF-beta, 1000 koutTGF0")
tgf_beta_osteoblast = number(0.0111319, "1", "latent TGF-beta with osteoblasts, OBtgfGAM")
tgf_beta_osteoclast = number(0.593891, "1", "activation with osteoclasts, OCtgfGAM")
tgf_beta_self = number(0.919131, "1", "activation with latent TGF-beta, koutTGFGam")
latent_estrogen = number(0.0374, "1", "estrogen on latent TGF-beta, tgfbGAM")
activation_estrogen = number(0.045273, "1", "estrogen on activation, tgfbactGAM")


@rate("1", "active TGF-beta, relative")
def active_tgf_beta_relative(active_tgf_beta, active_tgf_beta_0):
    return active_tgf_beta / active_tgf_beta_0


@rate("1", "RANKL bound to RANK, relative")
def rank_rankl_relative(rank_rankl, rank_0, rankl_0, k_rank_on, k_rank_off):
    return rank_rankl / (k_rank_on / k_rank_off * rank_0 * rankl_0)


@rate("1/h", "activation of latent TGF-beta")
def activation_rate(
    latent_tgf_beta, active_tgf_beta_0, latent_per_active, osteoclasts_relative, estrogen,
    k_tgf_beta, tgf_beta_osteoclast, tgf_beta_self, activation_estrogen,
):  # fmt: skip
    """Osteoclasts free TGF-beta from the matrix; estrogen helps."""
    excess = power(latent_tgf_beta / (latent_per_active * active_tgf_beta_0), tgf_beta_self)
    cells = power(osteoclasts_relative, tgf_beta_osteoclast)
    return k_tgf_beta * excess * cells * power(estrogen, activation_estrogen)


@hourly("-> rankl")
def rankl_production(
    osteoblasts_relative, pth_relative, k_rankl, rankl_0, rankl_osteoblast, rankl_pth
):
    """Osteoblasts make RANKL, the more the more PTH each of them sees."""
    cells = power(osteoblasts_relative, rankl_osteoblast)
    return k_rankl * rankl_0 * cells * anchored(pth_relative / cells, 0, rankl_pth)


@hourly("rankl ->")
def rankl_loss(rankl, denosumab_molar, k_rankl, rankl_denosumab):
    """RANKL is lost by itself and to denosumab."""
    return (k_rankl + rankl_denosumab * denosumab_molar) * rankl


@hourly("rankl + opg -> opg_rankl")
def opg_binding(rankl, opg, k_opg_on):
    """OPG binds RANKL."""
    return k_opg_on * opg * rankl


@hourly("opg_rankl -> rankl + opg")
def opg_unbinding(opg_rankl, k_opg_off):
    """OPG lets RANKL go."""
    return k_opg_off * opg_rankl


@hourly("rankl + rank -> rank_rankl")
def rank_binding(rankl, rank, k_rank_on):
    """RANK binds RANKL."""
    return k_rank_on * rank * rankl


@hourly("rank_rankl -> rankl + rank")
def rank_unbinding(rank_rankl, k_rank_off):
    """RANK lets RANKL go."""
    return k_rank_off * rank_rankl


@hourly("-> rank")
def rank_production(active_tgf_beta_relative, k_rank, rank_0, rank_tgf_beta):
    """TGF-beta raises RANK."""
    return k_rank * rank_0 * power(active_tgf_beta_relative, rank_tgf_beta)


@hourly("rank ->")
def rank_loss(rank, k_rank):
    """RANK turns over."""
    return k_rank * rank


@hourly("-> opg")
def opg_production(
    responding_osteoblasts, responding_osteoblasts_0, pth, k_opg, opg_0, opg_pth_half
):
    """Responding osteoblasts make OPG, less under PTH."""
    cells = responding_osteoblasts / responding_osteoblasts_0
    return k_opg * opg_0 * cells * (1 + cells * opg_pth_half / pth) / 2


@hourly("opg ->")
def opg_loss(opg, k_opg):
    """OPG is cleared in minutes."""
    return k_opg * opg


@hourly("-> latent_tgf_beta")
def tgf_beta_deposition(
    osteoblasts_relative, estrogen, active_tgf_beta_0, latent_per_active, k_tgf_beta,
    tgf_beta_osteoblast, latent_estrogen,
):  # fmt: skip
    """Osteoblasts lay TGF-beta down in the matrix; lack of estrogen adds to it."""
    cells = power(osteoblasts_relative, tgf_beta_osteoblast)
    turnover = k_tgf_beta * latent_per_active * active_tgf_beta_0
    return turnover * cells * power(estrogen, -latent_estrogen)


@hourly("latent_tgf_beta -> active_tgf_beta")
def tgf_beta_activation(latent_tgf_beta, activation_rate):
    """Resorption frees TGF-beta."""
    return activation_rate * latent_tgf_beta


@hourly("active_tgf_beta ->")
def tgf_beta_loss(active_tgf_beta, k_active_tgf_beta):
    """Active TGF-beta is lost."""
    return k_active_tgf_beta * active_tgf_beta
