"""Files that people send: good, bad, huge, odd, twice, and cut off."""

from __future__ import annotations

import gzip
import io
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response

from recon.record.lock import locked
from recon.run.uploads import FOLDER, State, Uploads, plain_name
from tests.web.visitor import (
    ATTACK,
    BAD,
    GOOD,
    House,
    Visitor,
    described,
    fast,
    house,
    limited,
    sales,
)

API = "/api/v1/uploads"
ODD = [
    ("../../evil.csv", "evil.csv"),
    ("..\\..\\evil.csv", "evil.csv"),
    ("C:\\x\\evil.csv", "evil.csv"),
    ("CON", "CON"),
    ("a/b/", "b"),
    ("..", "file"),
    ("", "file"),
    (".", "file"),
    ("evil.csv\0.png", "evil.csv.png"),
    ("r\u202egpj.csv", "r\\u202egpj.csv"),
    ("a\nb.csv", "a\\nb.csv"),
    ("x" * 400 + ".csv", "x" * 150 + "…"),
    ("Umsätze ü.csv", "Umsätze ü.csv"),
    ("売上.csv", "売上.csv"),
    (" .csv. ", ".csv."),
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Yield a house with a loaded file, one with a rejected row, and one sent twice."""
    with pytest.MonkeyPatch.context() as patch:
        fast(patch)
        made = house(tmp_path_factory.mktemp("sending"), runs=False)
        token = made.token("ada")
        with made.visitor() as program:
            for name, content in (("uk June.csv", GOOD), ("bad.csv", BAD), ("again.csv", GOOD)):
                answer = program.client.post(
                    f"{API}?feed=uk&name={name}", content=content, headers=token
                )
                assert answer.status_code == 202, answer.text
        assert made.work()
        yield made


def post(visitor: Visitor, name: str, content: Any, token: dict[str, str]) -> Response:
    """Send a file of the feed uk."""
    place = {"feed": "uk", "name": name}
    return visitor.client.post(API, params=place, content=content, headers=token)


def test_a_file_is_loaded_once_under_the_name_of_its_sender(made: House) -> None:
    """Its rows are in the store, who sent it and from where beside; twice changes nothing."""
    again, _, good = made.site.uploads.all(["uk"])
    assert (good.state, good.name, good.who, good.load) == (State.LOADED, "uk June.csv", "ada", 1)
    assert (again.state, again.load) == (State.KNOWN, None)
    assert "the same file is here already as load 1" in again.outcome["reason"]
    assert good.file.startswith(good.sha256[:24])
    with made.visitor("ada") as visitor:
        page = visitor.get(f"/uploads/{good.id}").text
        assert "Loaded: 2 rows, 2 inserted." in page
        loads = visitor.get("/loads").text
        assert "uk June.csv" in loads
        assert "UTC by ada" in visitor.get("/loads/1").text


def test_answers_on_loads_and_figures_are_as_described(made: House) -> None:
    """Uploads that were loaded and known, loads, rejected rows, and a view."""
    upload = made.site.uploads.all(["uk"])[0].id
    with made.visitor("ada") as visitor:
        for path, template in (
            ("/uploads", ""), (f"/uploads/{upload}", "/uploads/{upload}"), ("/loads", ""),
            ("/loads/1", "/loads/{load}"), ("/loads/2/rejected", "/loads/{load}/rejected"),
            ("/figures?view=sales&period=2024-06", ""), ("/figures?view=revenue&by=product", ""),
        ):  # fmt: skip
            answer = visitor.get(f"/api/v1{path}")
            assert answer.status_code == 200, answer.text
            described(path, template)(answer.json())


def test_rejected_rows_go_out_and_come_back_mended(made: House) -> None:
    """They are listed with the reason, downloaded as a file, put right and sent again."""
    bad = made.site.uploads.all(["uk"])[1]
    with made.visitor("uli") as visitor:
        page = visitor.get(f"/uploads/{bad.id}").text
        assert "2024-06-44" in page
        assert f"/loads/{bad.load}/rejected.csv" in page
        sent = visitor.get(f"/loads/{bad.load}/rejected.csv")
        assert sent.headers["content-disposition"].startswith("attachment;")
        text = sent.content.decode("utf-8-sig")
        assert "recon_reason" in text
        assert "bad.csv" in visitor.get(f"/loads/{bad.load}").text
        assert bad.file not in visitor.get(f"/loads/{bad.load}").text
        mended = text.replace("2024-06-44", "2024-06-14").encode()
        files = {"files": ("mended.csv", mended, "text/csv")}
        answer = visitor.send("/uploads", feed="uk", files=files)
        assert answer.headers["location"].startswith("/uploads/")
        assert made.work()
        assert "Loaded" in visitor.get(answer.headers["location"]).text
        assert visitor.get(f"/loads/{bad.load}/rejected.csv").status_code == 422


def test_people_send_and_see_only_what_is_theirs(made: House) -> None:
    """An uploader of one feed neither sends another's files nor sees its loads."""
    with made.visitor() as program:
        ours, all_of_it = made.token("uli"), made.token("ada")
        answer = program.client.post(f"{API}?feed=fr&name=fr.csv", content=GOOD, headers=all_of_it)
        theirs = answer.json()["id"]
        for feed in ("fr", "nowhere"):
            place = f"{API}?feed={feed}&name=x.csv"
            assert program.client.post(place, content=GOOD, headers=ours).status_code == 403
        assert program.get(f"{API}/{theirs}", headers=ours).status_code == 404
        assert program.get(f"{API}/{theirs}", headers=all_of_it).status_code == 200
        seen = program.get(API, headers=ours).json()["uploads"]
        assert {each["feed"] for each in seen} == {"uk"}
        assert [
            each["name"] for each in program.get("/api/v1/feeds", headers=ours).json()["feeds"]
        ] == ["uk"]
    assert made.work()
    with made.visitor() as program:
        loads = program.get("/api/v1/loads", headers=ours).json()["loads"]
        assert {each["feed"] for each in loads} == {"uk"}
        every = program.get("/api/v1/loads?feed=fr", headers=all_of_it).json()["loads"]
        assert program.get(f"/api/v1/loads/{every[0]['load']}", headers=ours).status_code == 404


def test_regions_give_feeds(made: House) -> None:
    """Whoever sends for a region sends all feeds whose fixed region it is."""
    from recon.record.access.model import Part, Person

    uploader = frozenset({Part.UPLOADER})
    feeds = made.settings.feeds.values()
    for regions, reached in ((("uk",), ["uk"]), (("UK", "France"), ["uk", "fr"]), ((), [])):
        person = Person("anna", uploader, (), regions)
        assert [feed.name for feed in feeds if person.reaches(feed)] == reached


@pytest.mark.parametrize(("sent", "shown"), ODD)
def test_names_are_shown_and_never_paths(sent: str, shown: str) -> None:
    """Whatever a file is called, its name is one line without a folder."""
    assert plain_name(sent) == shown


def test_odd_names_write_nothing_elsewhere(made: House, tmp_path: Path) -> None:
    """Every file is where uploads are, under its hash."""
    del tmp_path
    before = {path for path in made.project.folder.rglob("*") if path.is_file()}
    with made.visitor() as program:
        for number, (name, _) in enumerate(ODD):
            content = sales(f"{number},2024-06-03,P1,C1,2,5.00")
            answer = program.client.post(
                API, params={"feed": "uk", "name": name or "x"}, content=content,
                headers=made.token("ada"),
            )  # fmt: skip
            assert answer.status_code == 202
    after = {path for path in made.project.folder.rglob("*") if path.is_file()}
    new = {path for path in after - before if not path.name.startswith(("access.db", "uploads.db"))}
    assert {path.parent for path in new} == {made.settings.store.parent / FOLDER}
    assert all(len(path.name.split(".")[0]) == 24 for path in new)
    with made.site.uploads._list() as connection:  # loading them all would take its time
        connection.execute("DELETE FROM uploads WHERE state = 'waiting'")


def test_what_is_no_file_of_a_feed_is_refused(made: House) -> None:
    """Nothing of it stays: a program, a picture of a page, an empty file."""
    token = made.token("ada")
    with made.visitor() as program:
        for content, status in (
            (b"", 415), (b"MZ\x90\0\3", 415), (b"%PDF-1.7", 415), (b"a\0b", 415),
            (b"\x7fELF\2", 415),
        ):  # fmt: skip
            answer = program.client.post(
                f"{API}?feed=uk&name=x.csv", content=content, headers=token
            )
            assert answer.status_code == status
        missing = program.client.post(f"{API}?feed=uk", content=GOOD, headers=token)
        assert missing.status_code == 422
    assert not list((made.settings.store.parent / FOLDER).glob(".*"))


def test_packed_bombs_are_refused_before_they_fill_the_disk(made: House) -> None:
    """A file that unpacks to more than 200 times its size is no honest one."""
    zeros = b"0" * 80_000_000
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("uk.csv", zeros)
    nested = io.BytesIO()
    with zipfile.ZipFile(nested, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("uk.zip", packed.getvalue())
    token = made.token("ada")
    with made.visitor() as program:
        ids = []
        for name, content in (
            ("a.csv.gz", gzip.compress(zeros)), ("a.zip", packed.getvalue()),
            ("b.zip", nested.getvalue()),
        ):  # fmt: skip
            answer = program.client.post(
                f"{API}?feed=uk&name={name}", content=content, headers=token
            )
            ids.append(answer.json()["id"])
        assert made.work()
        for upload in ids:
            found = program.get(f"{API}/{upload}", headers=token).json()
            assert found["state"] == "refused", found


def test_size_count_and_rate_have_limits(made: House) -> None:
    """413 for a file too large, told or not; 429 for too many in a minute; 20 files a form."""
    small = limited(made, max_upload=2_000, uploads_per_minute=5)
    token = small.token("ada")

    def drip() -> Iterator[bytes]:
        for _ in range(200):
            yield b"x" * 20_000

    with small.visitor() as program:
        told = post(program, "x.csv", b"x" * 3_000, token)
        assert (told.status_code, "larger than 2,000 bytes" in told.json()["detail"]) == (413, True)
        assert post(program, "x.csv", drip(), token).status_code == 413
        assert post(program, "x.csv", b"x" * 3_000_000, token).status_code == 413
        codes = [post(program, "x.csv", b"", token).status_code for _ in range(4)]
        assert codes == [415, 415, 429, 429]
    assert not list((made.settings.store.parent / FOLDER).glob(".*"))
    with made.visitor("ada") as visitor:
        many = [("files", (f"{number}.csv", b"x", "text/csv")) for number in range(21)]
        assert visitor.send("/uploads", feed="uk", files=many).status_code == 400
        big = visitor.client.post("/logout", data={"csrf": "x" * 1_200_000})
        assert big.status_code == 413


def test_an_upload_that_breaks_off_leaves_nothing(made: House) -> None:
    """Half a file is no file."""
    uploads = Uploads(made.settings.store)
    before = uploads.count(["uk"])
    with pytest.raises(RuntimeError), uploads.receiving(1_000) as (incoming, beside):
        incoming.write(b"half")
        raise RuntimeError
    assert not beside.exists()
    assert uploads.count(["uk"]) == before
    left = uploads.folder / ".cut-off.part"
    left.write_bytes(b"half")
    uploads.clear()
    assert left.exists()  # it may be another server's
    os.utime(left, (0, 0))
    uploads.clear()
    assert not left.exists()
    with uploads.worked() as first, uploads.worked() as second:
        assert (first, second) == (True, False)


def test_a_load_that_was_cut_off_is_done_again_but_not_for_ever(made: House) -> None:
    """What waits while another loader is at work waits on; what ends the server often fails."""
    token = made.token("ada")
    uploads = made.site.uploads
    with made.visitor() as program:
        content = sales("900,2024-06-03,P1,C1,2,5.00")
        answer = post(program, "x.csv", content, token)
    with pytest.MonkeyPatch.context() as patch, locked(made.settings.store, "a test"):
        patch.setattr("recon.record.lock.PATIENCE", 0.0)
        assert not made.work()
    waits = uploads.get(answer.json()["id"])
    assert waits is not None
    assert waits.state is State.WAITING
    for _ in range(2):
        uploads._set(waits, State.LOADING, None, {"cut_off": 0})
    assert made.work()
    done = uploads.get(waits.id)
    assert done is not None
    assert done.state is State.LOADED
    uploads._set(done, State.LOADING, None, {"cut_off": 5})
    assert made.work()
    given_up = uploads.get(waits.id)
    assert given_up is not None
    assert given_up.state is State.FAILED


def test_no_cell_and_no_name_becomes_script(made: House) -> None:
    """Names of files, cells of rejected rows, fields of forms: shown as they are."""
    token = made.token("ada")
    rows = sales(f"{ATTACK},2024-06-77,{ATTACK},{ATTACK},2,5.00", f"1,{ATTACK},P1,C1,2,5.00")
    with made.visitor() as program:
        params = {"feed": "uk", "name": "<script>alert(1).csv"}
        answer = program.client.post(API, params=params, content=rows, headers=token)
    assert made.work()
    with made.visitor("ada") as visitor:
        upload = made.site.uploads.get(answer.json()["id"])
        assert upload is not None
        places = [f"/uploads/{upload.id}", f"/loads/{upload.load}", "/uploads", "/loads", "/"]
        places += [f"/breaks?customer={ATTACK}&month=2024-06", f"/breaks/{ATTACK}"]
        places += [f"/login?next=/{ATTACK}", f"/contracts/{ATTACK}", f"/months/{ATTACK}"]
        for place in places:
            page = visitor.get(place).text
            assert "<script>alert" not in page, place
        assert "&lt;script&gt;" in visitor.get(places[0]).text
        assert "&lt;script&gt;" in visitor.get(places[1]).text


def test_loads_are_taken_back_by_those_who_may(made: House) -> None:
    """A preparer takes a load back; an uploader cannot, and who did is written down."""
    token = made.token("ada")
    with made.visitor() as program:
        content = sales("950,2024-06-03,P9,C9,2,5.00")
        answer = post(program, "y.csv", content, token)
        assert made.work()
        load = program.get(f"{API}/{answer.json()['id']}", headers=token).json()["load"]
    with made.visitor("uli") as visitor:
        assert "Take this load back" not in visitor.get(f"/loads/{load}").text
        assert visitor.send(f"/loads/{load}/undo").status_code == 403
    with made.visitor("paul") as visitor:
        assert "Take this load back" in visitor.get(f"/loads/{load}").text
        assert visitor.send(f"/loads/{load}/undo").status_code == 303
        assert "undone" in visitor.get(f"/loads/{load}").text
        assert visitor.send(f"/loads/{load}/undo").status_code == 422
    with made.site.people() as people:
        assert ("paul", "undo", f"load {load}") in [
            (each.who, each.what, each.subject) for each in people.actions()
        ]
