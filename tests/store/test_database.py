"""A file that lies is set aside and said, one that cannot be written is said, and what was written is whole or absent."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
from pathlib import Path

import pytest

from gradcheck.store import database
from gradcheck.store.database import SCHEMA, Database, StoreError


def filled(path: Path, entries: int = 3) -> Path:
    """A store with a few entries."""
    store = Database.open(path)
    assert store.notes == []
    for number in range(entries):
        store.put("verdict", b"key %d" % number, b"value %d " % number * 500)
    store.close()
    return path


def found(path: Path) -> tuple[list[bytes | None], list[str]]:
    """The first words of the three entries, and what was said."""
    store = Database.open(path)
    values = [store.get("verdict", b"key %d" % number) for number in range(3)]
    store.put("verdict", b"new", b"written all the same")
    written = store.get("verdict", b"new")
    store.close()
    assert written == b"written all the same"
    return [value[:7] if value is not None else None for value in values], store.notes


def test_what_was_written_is_there_for_the_next(tmp_path: Path) -> None:
    assert found(filled(tmp_path / "v.sqlite")) == ([b"value 0", b"value 1", b"value 2"], [])


def test_an_entry_of_another_kind_or_key_is_not_found(tmp_path: Path) -> None:
    store = Database.open(filled(tmp_path / "v.sqlite"))
    assert store.get("picture", b"key 0") is None and store.get("verdict", b"key 9") is None
    assert store.notes == []


def text(path: Path) -> bytes:
    path.write_text("these are my notes\n" * 20, encoding="utf-8")
    return path.read_bytes()


def short(path: Path) -> bytes:
    path.write_bytes(b"SQLite format 3\0")
    return path.read_bytes()


def empty(path: Path) -> bytes:
    path.write_bytes(b"")
    return b""


def foreign(path: Path) -> bytes:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE entries (key, kind, value, seal, version, made)")
        connection.execute("INSERT INTO entries VALUES ('my', 'own', 'data', 1, 2, 3)")
    connection.close()
    return path.read_bytes()


def another_schema(path: Path) -> bytes:
    filled(path)
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    connection.close()
    return path.read_bytes()


def without_a_table(path: Path) -> bytes:
    filled(path)
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE entries")
    connection.close()
    return path.read_bytes()


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (text, "is no store of verdicts"),
        (short, "is no store of verdicts"),
        (empty, "is no store of verdicts"),
        (foreign, "is a database of something else"),
        (another_schema, f"has the schema {SCHEMA + 1} of another version, and this one has {SCHEMA}"),
        (without_a_table, "is damaged (no such table: entries)"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_a_file_that_is_no_store_is_set_aside_as_it_was(tmp_path: Path, make: object, why: str) -> None:
    path = tmp_path / "v.sqlite"
    before = make(path)  # type: ignore[operator]
    assert found(path) == (
        [None] * 3,
        [f"{path} {why}: it is kept as v.sqlite.set-aside-1, and a new store is begun"],
    )
    assert (tmp_path / "v.sqlite.set-aside-1").read_bytes() == before
    assert found(path) == ([None] * 3, []), "the new one is a store"


def test_a_second_file_set_aside_does_not_replace_the_first(tmp_path: Path) -> None:
    path = tmp_path / "v.sqlite"
    for word in ("first", "second"):
        path.write_text(word * 100, encoding="utf-8")
        found(path)
        path.unlink()
    assert [file.read_text(encoding="utf-8")[:6] for file in sorted(tmp_path.glob("*.set-aside-*"))] == [
        "firstf",
        "second",
    ]


def test_a_flipped_byte_is_never_believed(tmp_path: Path) -> None:
    """Whichever byte of the file: an entry is as it was written, or absent; where it was changed, the file is set aside."""
    good = filled(tmp_path / "good.sqlite").read_bytes()
    honest = [b"value 0", b"value 1", b"value 2"]
    said = 0
    for place in range(0, len(good), 97):
        folder = tmp_path / str(place)
        folder.mkdir()
        path = folder / "v.sqlite"
        path.write_bytes(good[:place] + bytes([good[place] ^ 0xFF]) + good[place + 1 :])
        store = Database.open(path)
        for number, value in enumerate(honest):
            assert store.get("verdict", b"key %d" % number) in (None, (value + b" ") * 500)
        store.close()
        said += bool(store.notes)
        assert len(list(folder.glob("*.set-aside-1"))) == bool(store.notes)
    assert said > 20


def test_a_changed_value_is_set_aside(tmp_path: Path) -> None:
    path = filled(tmp_path / "v.sqlite")
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE entries SET value = ? WHERE key = ?", (b"holds", b"key 1"))
    connection.close()
    values, notes = found(path)
    assert values == [b"value 0", None, None]
    assert notes == [
        (
            f"{path} holds an entry that was changed after it was written: it is kept as v.sqlite.set-aside-1, "
            "and a new store is begun"
        )
    ]


def test_a_value_under_another_key_is_set_aside(tmp_path: Path) -> None:
    path = filled(tmp_path / "v.sqlite")
    with sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM entries WHERE key = ?", (b"key 1",))
        connection.execute("UPDATE entries SET key = ? WHERE key = ?", (b"key 1", b"key 2"))
    connection.close()
    values, notes = found(path)
    assert values[1] is None and "was changed after it was written" in notes[0]


def test_a_folder_in_its_place_is_told(tmp_path: Path) -> None:
    store = Database.open(tmp_path)
    assert store.notes == [
        f"verdicts are not stored: {tmp_path}: it is a folder; name another file with --store FILE, or give --no-store"
    ]
    store.put("verdict", b"key", b"value")
    assert store.get("verdict", b"key") is None
    with pytest.raises(
        StoreError, match=r"the store .* cannot be used: it is a folder; name another file with --store"
    ):
        Database.open(tmp_path, required=True)


def test_a_place_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file", encoding="utf-8")
    store = Database.open(tmp_path / "file" / "v.sqlite")
    assert len(store.notes) == 1 and "verdicts are not stored" in store.notes[0]
    with pytest.raises(StoreError, match="cannot be used"):
        Database.open(tmp_path / "file" / "v.sqlite", required=True)


def test_a_full_disk_is_told_once_and_what_is_there_is_still_read(tmp_path: Path) -> None:
    store = Database.open(filled(tmp_path / "v.sqlite"))
    assert store._connection is not None
    store._connection.execute("PRAGMA max_page_count = 8")  # SQLite's own way to have no room left
    for number in range(40):
        store.put("verdict", b"more %d" % number, b"x" * 3000)
    assert store.notes == [
        (
            f"verdicts are not stored any more: {store.path}: database or disk is full; "
            "name another file with --store FILE, or give --no-store"
        )
    ]
    assert (store.get("verdict", b"key 2") or b"")[:7] == b"value 2"
    store.close()
    assert found(tmp_path / "v.sqlite") == ([b"value 0", b"value 1", b"value 2"], [])


def test_a_store_that_is_read_only_is_read_and_told(tmp_path: Path) -> None:
    store = Database.open(filled(tmp_path / "v.sqlite"))
    assert store._connection is not None
    store._connection.execute("PRAGMA query_only = ON")
    store.put("verdict", b"more", b"x")
    store.put("verdict", b"more", b"x")
    assert len(store.notes) == 1 and "attempt to write a readonly database" in store.notes[0]
    assert (store.get("verdict", b"key 2") or b"")[:7] == b"value 2"


@pytest.mark.skipif(getattr(os, "geteuid", lambda: 0)() == 0, reason="nothing is read only for the superuser")
def test_a_folder_that_is_read_only_leaves_a_store_to_read(tmp_path: Path) -> None:
    path = filled(tmp_path / "v.sqlite")
    path.chmod(0o444)
    tmp_path.chmod(0o555)
    try:
        store = Database.open(path)
        assert (store.get("verdict", b"key 2") or b"")[:7] == b"value 2"
        store.put("verdict", b"more", b"x")
        store.close()
    finally:
        tmp_path.chmod(0o755)


def _write_until_killed(path: Path, first: int, told: str) -> None:
    store = Database.open(path)
    number = first
    while True:
        store.put("verdict", b"entry %d" % number, b"%d " % number * 2000)
        with Path(told).open("a", encoding="ascii") as file:
            file.write(f"{number}\n")
        number += 1


def test_what_was_written_before_a_kill_is_there_and_whole(tmp_path: Path) -> None:
    path, context = tmp_path / "v.sqlite", multiprocessing.get_context("spawn")
    for turn in range(3):
        told = tmp_path / f"told-{turn}"
        writer = context.Process(target=_write_until_killed, args=(path, turn * 1_000_000, str(told)))
        writer.start()
        while not told.exists() or told.stat().st_size < 200 * (turn + 1):
            assert writer.is_alive()
        assert writer.pid is not None
        os.kill(writer.pid, signal.SIGKILL)
        writer.join()
        store = Database.open(path)
        for number in map(int, told.read_text(encoding="ascii").split("\n")[:-1]):
            assert store.get("verdict", b"entry %d" % number) == b"%d " % number * 2000
        store.close()
        assert store.notes == []


def _write_some(path: Path, name: str) -> None:
    store = Database.open(path)
    for number in range(100):
        store.put("verdict", f"{name} {number}".encode(), f"{name} {number}".encode() * 100)
    store.close()
    assert store.notes == []


def test_two_audits_write_into_one_store_at_once(tmp_path: Path) -> None:
    path, context = tmp_path / "v.sqlite", multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write_some, args=(path, name)) for name in ("one", "two", "three")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    store = Database.open(path)
    for name in ("one", "two", "three"):
        for number in range(100):
            assert store.get("verdict", f"{name} {number}".encode()) == f"{name} {number}".encode() * 100
    assert store.notes == [] and [file.name for file in tmp_path.iterdir() if "tmp" in file.name] == []


def test_one_that_grows_without_end_forgets_old_reports_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "LARGEST", 200_000)
    store = Database.open(tmp_path / "v.sqlite")
    for number in range(60):
        store.put("file", b"%d" % number, b"x" * 5000, b"this")
    store.put("verdict", b"a", b"x", b"this")
    store.trim(b"this")
    assert store.get("file", b"0") is None
    assert store.get("file", b"59") is not None and store.get("verdict", b"a") == b"x"


def test_one_that_grows_without_end_forgets_what_older_versions_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "LARGEST", 200_000)
    path = tmp_path / "v.sqlite"
    for version in (b"old", b"new"):
        store = Database.open(path)
        for number in range(30):
            store.put("verdict", version + b" %d" % number, b"x" * 5000, version)
        store.trim(version)
        store.close()
    store = Database.open(path)
    assert store.get("verdict", b"old 0") is None
    assert all(store.get("verdict", b"new %d" % number) for number in range(30))
    assert store.notes == []
