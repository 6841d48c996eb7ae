"""The plot of docs/performance.md: CPU per request and per streamed event, on a logarithmic scale."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator, StrMethodFormatter

OURS, LIMIT, PEER = "#1f6f8b", "#9aa5ab", "#d08c60"
INK, FAINT = "#22303a", "#6b7780"

# Label, colour, name of the figure.
REQUESTS = (
    ("nginx, forwarding only", LIMIT, "peers/nginx/cpu_us"),
    ("empty Sanic handler", LIMIT, "peers/floor/cpu_us"),
    ("proxyctl", OURS, "peers/same/cpu_us"),
    ("proxyctl, to Anthropic", OURS, "peers/messages/cpu_us"),
    ("Portkey", PEER, "peers/Portkey/same/cpu_us"),
    ("Portkey, to Anthropic", PEER, "peers/Portkey/messages/cpu_us"),
    ("LiteLLM", PEER, "peers/LiteLLM/same/cpu_us"),
    ("LiteLLM, to Anthropic", PEER, "peers/LiteLLM/messages/cpu_us"),
)
EVENTS = tuple(
    (label, colour, name.replace("peers/", "peers-paced/"))
    for label, colour, name in REQUESTS
    if "floor" not in name
)
TITLE = "CPU time that a gateway needs for a chat: less is better"
SCALE = "µs of one core, logarithmic scale"


def draw(figures: Mapping[str, float], to: Path) -> None:
    """Two charts of bars, the shortest on top; what was not measured has none."""
    pyplot.rcParams.update({"font.size": 10.5, "text.color": INK, "axes.labelcolor": FAINT})
    pyplot.rcParams.update({"xtick.color": FAINT, "ytick.color": INK, "axes.edgecolor": FAINT})
    figure, axes = pyplot.subplots(1, 2, figsize=(12.5, 4.4), layout="constrained")
    figure.suptitle(TITLE, x=0.01, ha="left", fontsize=14, fontweight="bold")
    bars(axes[0], "a request and its answer, 1 kB", chosen(REQUESTS, figures))
    bars(axes[1], "an event of a stream, at the pace of a model", chosen(EVENTS, figures))
    figure.get_layout_engine().set(wspace=0.06, w_pad=0.12, h_pad=0.12)  # type: ignore[union-attr, call-arg]
    figure.savefig(to, dpi=150)
    pyplot.close(figure)


Bar = tuple[float, str, str]


def chosen(wanted: tuple[tuple[str, str, str], ...], figures: Mapping[str, float]) -> list[Bar]:
    """What was measured, the least first: value, label, colour."""
    found = [(figures[name], label, colour) for label, colour, name in wanted if figures.get(name, 0) > 0]
    return sorted(found)


def bars(axes: Axes, title: str, shown: list[Bar]) -> None:
    values, labels, colours = zip(*shown, strict=True) if shown else ((), (), ())
    drawn = axes.barh(labels, values, color=colours, height=0.7)
    axes.bar_label(drawn, [f"{value:,.0f} µs" for value in values], padding=5, fontsize=10)
    for label, colour in zip(axes.get_yticklabels(), colours, strict=False):
        label.set_fontweight("bold" if colour == OURS else "normal")
    axes.invert_yaxis()
    axes.set_xscale("log")
    if values:
        axes.set_xlim(10 if min(values) > 14 else 5, max(values) * 5)  # room for the labels
    axes.set_title(title, loc="left", fontsize=11.5, color=INK)
    axes.set_xlabel(SCALE, loc="left")
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.grid(visible=True, color="#e4e8ea")
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
