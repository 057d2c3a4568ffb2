from support.data_sets import data_set, reception
from photopeak.inbox.inbox import Inbox
from photopeak.settings import InboxSettings
from photopeak.model.reception import StoreStatus
from photopeak.storage import instances

def test_a_received_data_set_is_kept_bit_for_bit(sqlite_database, tmp_path):
    inbox = Inbox(InboxSettings(free_space_floor_bytes=0), tmp_path / "data", sqlite_database)
    body = data_set()
    incoming = inbox.begin(reception())
    incoming.write(body)
    outcome = incoming.commit()
    assert outcome.status is StoreStatus.SUCCESS, outcome
    with sqlite_database.snapshot() as tx:
        (row,) = instances.by_sop_instance_uid(tx, "1.2.3.4.1")
    assert (tmp_path / "data" / row.path).read_bytes().endswith(body)
    inbox.close()
