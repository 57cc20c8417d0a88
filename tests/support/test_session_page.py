"""What a browser keeps of a running app, message by message."""

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.support.session_page import MessageCache


def test_element_that_the_server_refers_to_is_the_one_it_sent_before() -> None:
    cache = MessageCache()
    sent = ForwardMsg(hash="large", metadata={"cacheable": True, "delta_path": [0, 1]})
    sent.delta.new_element.text.body = "a long text"
    reference = ForwardMsg(ref_hash="large", metadata={"delta_path": [0, 7]})

    cache.resolved(sent)
    cache.note_run(oldest=1, fragment_ids=[])
    meant = cache.resolved(reference)

    assert cache.hashes == ["large"]
    assert (meant.delta, list(meant.metadata.delta_path)) == (sent.delta, [0, 7])
    for _ in range(2):
        cache.note_run(oldest=1, fragment_ids=[])
    assert cache.hashes == []
