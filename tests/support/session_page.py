"""What a browser keeps of a running app: the page, what its widgets hold, and large elements.

`tests/support/sessions.py` has the sessions whose page this is.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from streamlit.proto.Block_pb2 import Block
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.NumberInput_pb2 import NumberInput
from streamlit.proto.WidgetStates_pb2 import WidgetState

TEXT_FIELDS = ("title", "label", "body", "text", "message", "code_text")


@dataclass
class Node:
    """An element or a container where the page has it. `run` is the last one that needed it."""

    proto: Element | Block | None = None
    fragment_id: str = ""
    run: str = ""
    children: dict[int, "Node"] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        return (self.proto.WhichOneof("type") if self.proto is not None else None) or ""

    @property
    def content(self) -> Any:
        """What an element or a container of its kind has."""
        return getattr(self.proto, self.kind) if self.kind else None

    @property
    def texts(self) -> list[str]:
        found = (getattr(self.content, name, "") for name in TEXT_FIELDS)
        return [text for text in found if text]

    def is_same_container(self, other: "Node") -> bool:
        """Whether this one may keep the other's children."""
        are_containers = isinstance(self.proto, Block) and isinstance(other.proto, Block)
        is_other_dialog = self.kind == "dialog" and self.content.id != other.content.id
        return are_containers and self.kind == other.kind and not is_other_dialog

    def walk(self) -> Iterator["Node"]:
        """Everything inside, from the top of the page to its bottom."""
        for _, child in sorted(self.children.items()):
            yield child
            yield from child.walk()


class Page:
    """What a browser would show, and what its widgets hold."""

    def __init__(self) -> None:
        self.run = ""
        self._root = Node()
        self._held: dict[str, WidgetState] = {}

    @property
    def nodes(self) -> list[Node]:
        return list(self._root.walk())

    def place(self, path: list[int], delta: Delta) -> None:
        """Put an element or a container where it belongs, for what was there."""
        kind = delta.WhichOneof("type")
        if kind == "new_transient":  # a spinner, which is gone when the run is
            return
        parent, is_folded = self._root, False
        for index in path[:-1]:
            parent = parent.children.setdefault(index, Node())
            parent.run = self.run
            is_folded |= parent.kind == "popover"
        node = Node(getattr(delta, kind), delta.fragment_id, self.run)
        before = parent.children.get(path[-1])
        if before is not None and node.is_same_container(before):
            node.children = before.children
        parent.children[path[-1]] = node
        if not is_folded:  # a browser has made nothing yet of what is in there
            self._hold(node)

    def forget_stale(self, run: str, fragment_ids: list[str]) -> None:
        """Once a run has ended, remove what was there before and what it did not draw again."""
        _remove_stale(self._root, run, fragment_ids, is_inside=False)
        shown = {node.content.id for node in self.nodes if node.kind in HOLDERS}
        self._held = {name: state for name, state in self._held.items() if name in shown}

    def widget_states(self) -> list[WidgetState]:
        return list(self._held.values())

    def _hold(self, node: Node) -> None:
        """A widget starts with its default, and changes when the app sets it."""
        widget = node.content
        is_holder = node.kind in HOLDERS
        if is_holder and (widget.set_value or widget.id not in self._held):
            self._held[widget.id] = WidgetState(id=widget.id, **HOLDERS[node.kind](widget))


def _remove_stale(parent: Node, run: str, fragment_ids: list[str], *, is_inside: bool) -> None:
    """`is_inside`: in a container that a fragment of this run has drawn again."""
    for index, node in list(parent.children.items()):
        is_foreign = bool(fragment_ids) and (
            not is_inside or (isinstance(node.proto, Element) and not node.fragment_id)
        )
        is_current = node.run == run
        if is_current or is_foreign or node.kind == "toast":
            is_fragment = is_current and node.fragment_id in fragment_ids
            _remove_stale(node, run, fragment_ids, is_inside=is_inside or is_fragment)
        else:
            del parent.children[index]


def _text_held(widget: Any) -> dict[str, Any]:
    return {"string_value": widget.value if widget.set_value else widget.default}


def _choice_held(widget: Any) -> dict[str, Any]:
    if widget.set_value:
        return {"string_value": widget.raw_value} if widget.HasField("raw_value") else {}
    is_chosen = widget.HasField("default") and widget.options
    return {"string_value": widget.options[widget.default]} if is_chosen else {}


def _number_held(widget: Any) -> dict[str, Any]:
    name = "value" if widget.set_value else "default"
    if not widget.HasField(name):
        return {}
    number = getattr(widget, name)
    is_whole = widget.data_type == NumberInput.INT
    return {"int_value": int(number)} if is_whole else {"double_value": number}


def _choices_held(widget: Any) -> dict[str, Any]:
    options = [f"{each.content_icon} {each.content}".strip() for each in widget.options]
    chosen = widget.raw_values if widget.set_value else [options[i] for i in widget.default]
    return {"string_array_value": {"data": chosen}}


# The kinds that this app has. What others hold stays what the server remembers of them.
HOLDERS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "text_input": _text_held,
    "selectbox": _choice_held,
    "number_input": _number_held,
    "button_group": _choices_held,
}


@dataclass
class Kept:
    message: ForwardMsg
    used_in: int


class MessageCache:
    """Large elements. The server is told which are here, and sends only the hash of those."""

    def __init__(self) -> None:
        self._kept: dict[str, Kept] = {}
        self._runs = 0

    @property
    def hashes(self) -> list[str]:
        return list(self._kept)

    def resolved(self, message: ForwardMsg) -> ForwardMsg:
        """The message, or the one that it refers to in its place. Raises `KeyError`."""
        if message.WhichOneof("type") != "ref_hash":
            if message.metadata.cacheable:
                self._kept.setdefault(message.hash, Kept(message, self._runs)).used_in = self._runs
            return message
        kept = self._kept[message.ref_hash]
        kept.used_in = self._runs
        meant = ForwardMsg()
        meant.CopyFrom(kept.message)
        meant.metadata.CopyFrom(message.metadata)
        return meant

    def note_run(self, oldest: int, fragment_ids: list[str]) -> None:
        """Count a run that ended, and drop what more than `oldest` runs did not use."""
        self._runs += 1
        self._kept = {
            name: kept
            for name, kept in self._kept.items()
            if self._runs - kept.used_in <= oldest
            or (fragment_ids and kept.message.delta.fragment_id not in fragment_ids)
        }
