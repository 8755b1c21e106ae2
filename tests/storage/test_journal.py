"""The journal: what is recorded, in which order it is read, and that nothing in it can be changed or removed unseen."""

import json
import logging
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from storage import applies, coco, journal, labels, plans, processes, projects, templates, uploads
from storage.check import check_store
from storage.coco_export import make_coco
from storage.core import acting, acting_as, ask_actor, lines_backwards, new_id, now, record, unrecorded
from storage.core import journal as writing
from storage.journal import Filter
from storage.journal_export import to_csv
from storage.labels import Box
from storage.labels_csv import make_csv
from storage.plans import Plan, Rule
from storage.projects import PROJECTS
from tests.worker import house

ROOT = Path(__file__).parents[2]
EAST, WEST = timezone(timedelta(hours=3)), timezone(timedelta(hours=-3))


def said(store, **wanted):
    """Operations that the journal has, oldest first."""
    return [entry.operation for entry in journal.entries(store, Filter(**wanted))][::-1]


def newest(store):
    return next(journal.entries(store, Filter()))


def the_day(store) -> Path:
    return journal.day_files(store)[-1][2]


def found(store):
    return [problem.path for problem in check_store(store)]


def reading(path, forbidden, *words):
    assert path != forbidden
    return lines_backwards(path, *words)


def write(store, count=5, start=0):
    for number in range(start, start + count):
        record(store, "test.act", "test", f"{number:026d}")


def run(store, count, actor):
    """Another process that records."""
    script = (
        "import sys; from pathlib import Path; from storage.core import open_store, record\n"
        "store = open_store(Path(sys.argv[1]))\n"
        "for number in range(int(sys.argv[2])): record(store, 'test.act', 'test', f'{number:026d}')"
    )
    command = [sys.executable, "-c", script, str(store.root), str(count)]
    subprocess.run(command, cwd=ROOT, env={**os.environ, "FIELDMARK_ACTING": actor}, check=True)


@pytest.fixture
def clock(monkeypatch):
    """Days that pass between two records."""

    class Clock(datetime):
        at = datetime(2026, 3, 1, 12, tzinfo=UTC)

        @classmethod
        def now(cls, tz=None):
            return cls.at

    monkeypatch.setattr(writing, "datetime", Clock)
    return Clock


class TestWhatIsRecorded:
    def test_a_named_object_records_its_whole_life(self, store):
        project = projects.create(store, "receipts", "fields")
        PROJECTS.change(store, 1, project.model_copy(update={"gate": 0.2}))
        renamed = PROJECTS.rename(store, 2, project, "bills")
        PROJECTS.delete(store, 3, renamed)
        PROJECTS.restore(store, project.id)
        assert said(store, id=project.id) == [f"project.{verb}" for verb in ("create", "change", "rename", "delete", "restore")]

    def test_a_change_names_what_was_changed_and_no_value(self, store, project):
        PROJECTS.change(store, 1, project.model_copy(update={"gate": 0.2}))
        assert newest(store).details == {"rev": 2, "changed": ["gate"]}

    def test_a_label_is_recorded_with_project_image_and_revision(self, store, paths, project, document):
        image = uploads.add(paths, "receipt.png", document("12.50"), "ann")
        labels.save(paths, image.id, 0, (), "ann")
        entry = newest(store)
        assert (entry.operation, entry.id, entry.details["project"], entry.details["rev"]) == ("label.save", image.id, project.id, 1)

    def test_one_thread_joins_what_happens_to_a_process(self, store, project):
        template = templates.create(store, "quick", "auto-label")
        spec = processes.create(store, project, template, new_id(), "ann")
        processes.ask(store, processes.get(store, spec.id), "start", "ann")
        processes.enable(store, spec.id, False, "ann")
        assert said(store, thread=spec.id) == ["process.create", "process.start", "process.disable"]

    def test_what_is_done_as_part_of_something_larger_is_not_recorded(self, store):
        with unrecorded():
            write(store)
        assert said(store) == []

    def test_a_failing_journal_is_logged_and_undoes_nothing(self, store, monkeypatch, caplog):
        monkeypatch.setattr(writing, "host_folder", lambda: Path("/proc/nowhere"))
        with caplog.at_level(logging.ERROR):
            made = projects.create(store, "receipts", "fields")
        assert PROJECTS.get(store, "receipts")[1] == made
        assert "project.create" in caplog.text


class TestWhatIsOneRecord:
    def test_an_import_is_one_record_with_counts(self, store, project, document, tmp_path):
        (tmp_path / "images").mkdir()
        listed = [{"id": number, "file_name": f"{number}.png"} for number in range(4)]
        for image in listed:
            (tmp_path / "images" / image["file_name"]).write_bytes(document(image["file_name"]))
        annotations = [{"image_id": number, "category_id": 1, "bbox": [1, 1, 9, 9]} for number in range(4)]
        content = {"images": listed, "annotations": annotations, "categories": [{"id": 1, "name": "date"}]}
        (tmp_path / "annotations.json").write_text(json.dumps(content))
        coco.import_coco(store, project, tmp_path, "ann", label_share=0.5)
        assert said(store)[1:] == ["project.import"]
        assert newest(store).details == {"source": "coco", "added": 4, "labelled": 2}

    def test_an_apply_and_its_roll_back_are_one_record_each(self, store):
        project, images = house.fill(store, "pages", 3, 0)
        paths, apply = store.project(project.id), store.process("0" * 26).apply(new_id())
        about = {"id": apply.folder.name, "process": "0" * 26, "attempt": 1, "author": "ann", "skipped": (), "at": now()}
        plan = plans.make_plan(apply, Plan(rule=Rule(thresholds={}), base=dict.fromkeys(images, 0), **about))
        before = len(said(store))
        box = Box(field="f", xyxy=(1, 1, 9, 9), origin="auto")
        for _ in range(2):  # taken up again, it is still one
            applies.carry_out(paths, apply, plan, [(image, ((box,), {})) for image in images], lambda done, total: None)
        applies.roll_back(paths, apply, plan, "ann", lambda done, total: None)
        assert said(store)[before:] == ["process.applied", "process.rolledback"]
        assert (newest(store).thread, newest(store).details["images"]) == ("0" * 26, 3)

    @pytest.mark.parametrize("make", [make_coco, make_csv])
    def test_that_labels_were_taken_out_is_recorded(self, store, project, make):
        make(store, project, "all")
        assert (newest(store).operation, newest(store).id) == ("project.export", project.id)


class TestWhoActs:
    def test_a_workers_child_acts_as_the_worker(self, store):
        run(store, 1, "worker:x")
        assert newest(store).by == "worker:x"

    def test_who_acts_is_said_by_whoever_set_it(self, store):
        with acting_as("worker:x"):
            write(store, 1)
        assert newest(store).by == "worker:x"

    def test_pages_are_asked_where_nobody_set_it(self, store, monkeypatch):
        monkeypatch.setattr(writing, "_ask", None)  # so that whoever is asked now is asked again by the tests after this one
        ask_actor(lambda: "ann")
        write(store, 1)
        assert newest(store).by == "ann"

    def test_without_either_it_is_unknown(self, store):
        assert acting.get() == ""
        write(store, 1)
        assert newest(store).by == "unknown"


class TestReading:
    def test_the_newest_comes_first(self, store):
        write(store, 3)
        assert [entry.id for entry in journal.entries(store, Filter())] == [f"{number:026d}" for number in (2, 1, 0)]

    def test_hosts_are_read_in_one_order(self, store, clock, monkeypatch, project):
        for host in ("east", "west", "east"):
            monkeypatch.setattr(writing, "_writer", lambda folder, host=host: f"{host}-1")
            clock.at += timedelta(seconds=1)
            record(store, "test.act", "test", host)
        assert [entry.id for entry in journal.entries(store, Filter(entity="test"))] == ["east", "west", "east"]
        assert found(store) == []

    @pytest.mark.parametrize(
        ("wanted", "expected"),
        [
            ({"by": "ann"}, ["a"]),
            ({"operation": "process.start"}, ["b"]),
            ({"entity": "process"}, ["b", "c"]),
            ({"thread": "t"}, ["c"]),
            ({"id": "a"}, ["a"]),
            ({"by": "bob", "entity": "process"}, ["b", "c"]),
            ({"by": "nobody"}, []),
        ],
    )
    def test_what_is_filtered_is_what_fits(self, store, wanted, expected):
        with acting_as("ann"):
            record(store, "label.save", "label", "a")
        with acting_as("bob"):
            record(store, "process.start", "process", "b")
            record(store, "process.stop", "process", "c", thread="t")
        assert sorted(entry.id for entry in journal.entries(store, Filter(**wanted))) == expected

    def test_a_time_range_holds_its_ends_and_nothing_else(self, store, clock):
        for day in range(1, 6):
            clock.at = datetime(2026, 3, day, 12, tzinfo=UTC)
            record(store, "test.act", "test", str(day))
        wanted = Filter(since=datetime(2026, 3, 2, 12, tzinfo=UTC), until=datetime(2026, 3, 4, 12, tzinfo=UTC))
        assert [entry.id for entry in journal.entries(store, wanted)] == ["4", "3", "2"]

    def test_pages_follow_one_another_without_a_gap_while_more_is_written(self, store):
        write(store, 7)
        first = journal.read(store, Filter(), limit=3)
        write(store, 2, start=7)
        second = journal.read(store, Filter(), first.more, limit=3)
        last = journal.read(store, Filter(), second.more, limit=3)
        assert [int(each.entry.id) for page in (first, second, last) for each in page.found] == [6, 5, 4, 3, 2, 1, 0]
        assert last.more is None

    def test_a_page_does_not_read_what_is_behind_it(self, store, clock, monkeypatch):
        for _ in range(3):
            write(store, 5)
            clock.at += timedelta(days=1)
        opened = []
        real = journal.lines_backwards
        monkeypatch.setattr(journal, "lines_backwards", lambda path, *words: (opened.append(path.name), real(path, *words))[1])
        journal.read(store, Filter(), limit=3)
        assert {name[-16:] for name in opened} == {"2026-03-03.jsonl"}

    def test_a_search_for_what_is_rare_stops_and_says_where_to_go_on(self, store, clock, monkeypatch):
        record(store, "test.rare", "test", "a")
        for _ in range(3):
            clock.at += timedelta(days=1)
            write(store, 2)
        monkeypatch.setattr(journal, "_MOST_BYTES", 500)
        page, pages = journal.read(store, Filter(operation="test.rare")), 1
        while page.more:
            assert page.searched
            page, pages = journal.read(store, Filter(operation="test.rare"), page.more), pages + 1
        assert [each.entry.id for each in page.found] == ["a"]
        assert pages > 1

    def test_days_before_a_process_was_made_are_not_searched_for_it(self, store, clock, monkeypatch):
        clock.at = datetime.now(UTC) - timedelta(days=9)
        write(store)
        clock.at = datetime.now(UTC)
        process = new_id()
        record(store, "process.create", "process", process, thread=process)
        the_first = journal.day_files(store)[0][2]
        monkeypatch.setattr(journal, "lines_backwards", lambda path, *words: reading(path, the_first, *words))
        assert said(store, thread=process) == ["process.create"]

    @pytest.mark.parametrize(
        "wanted", [{"thread": "z" * 26}, {"since": datetime.min.replace(tzinfo=EAST)}, {"until": datetime.max.replace(tzinfo=WEST)}]
    )
    def test_what_is_beyond_the_calendar_finds_what_there_is(self, store, wanted):
        write(store, 1)
        assert said(store, **wanted) == ([] if "thread" in wanted else ["test.act"])

    def test_an_entry_is_found_again_by_its_place(self, store):
        write(store, 3)
        for each in journal.read(store, Filter()).found:
            assert journal.find(store, each.place).entry == each.entry

    @pytest.mark.parametrize("place", ["", "x", "../../root-2026-03-01~0", "host-2026-03-01~0", "host-2026-03-01~-4", "~"])
    def test_a_place_that_is_none_finds_nothing(self, store, place):
        write(store, 1)
        assert journal.find(store, place) is None

    def test_lines_longer_than_a_block_are_read_whole(self, store):
        for length in (10, 5000, 70_000, 200_000, 10):
            record(store, "test.act", "test", "a", text="x" * length)
        assert [len(entry.details["text"]) for entry in journal.entries(store, Filter())] == [10, 200_000, 70_000, 5000, 10]

    def test_a_spreadsheet_takes_no_name_for_a_formula(self, store):
        record(store, "test.act", "test", "a", "=1+1")
        assert b",'=1+1," in b"".join(to_csv(journal.entries(store, Filter()), {}))


class TestTheChain:
    def test_a_journal_of_several_days_is_whole(self, store, clock):
        for _ in range(3):
            write(store, 2)
            clock.at += timedelta(days=2)
        assert len(journal.day_files(store)) == 3
        assert found(store) == []

    def test_it_goes_on_in_the_newest_file_when_the_clock_is_set_back(self, store, clock):
        write(store, 2)
        clock.at -= timedelta(days=2)
        write(store, 2, start=2)
        assert len(journal.day_files(store)) == 1
        assert [int(entry.id) for entry in journal.entries(store, Filter())] == [3, 2, 1, 0]
        assert found(store) == []

    @pytest.mark.parametrize("number", [0, 2, 4], ids=["the first", "one in the middle", "the last"])
    def test_a_changed_line_is_found(self, store, number):
        write(store)
        lines = the_day(store).read_bytes().splitlines(keepends=True)
        lines[number] = lines[number].replace(b'"unknown"', b'"nobody0"')
        the_day(store).write_bytes(b"".join(lines))
        assert found(store) == [f"journal/{the_day(store).name}"]

    @pytest.mark.parametrize("number", [0, 2, 4], ids=["the first", "one in the middle", "the last"])
    def test_a_removed_line_is_found(self, store, number):
        write(store)
        lines = the_day(store).read_bytes().splitlines(keepends=True)
        del lines[number]
        the_day(store).write_bytes(b"".join(lines))
        assert found(store) == [f"journal/{the_day(store).name}"]

    def test_a_tail_that_was_cut_off_is_found_also_after_more_was_written(self, store):
        write(store)
        lines = the_day(store).read_bytes().splitlines(keepends=True)
        the_day(store).write_bytes(b"".join(lines[:-2]))
        write(store, 2)
        assert found(store) == [f"journal/{the_day(store).name}"]

    @pytest.mark.parametrize("number", [0, 1, 2], ids=["the first", "one in the middle", "the last"])
    def test_a_removed_day_is_found(self, store, clock, number):
        for _ in range(3):
            write(store, 2)
            clock.at += timedelta(days=1)
        journal.day_files(store)[number][2].unlink()
        assert len(found(store)) == 1

    def test_a_day_removed_as_the_last_one_is_found_also_after_more_was_written(self, store, clock):
        for _ in range(2):
            write(store, 2)
            clock.at += timedelta(days=1)
        the_day(store).unlink()
        write(store, 2)
        assert len(found(store)) == 1

    def test_a_removed_head_is_found(self, store):
        write(store)
        next(store.journal.glob("*.head.json")).unlink()
        assert [path for path in found(store) if path.endswith(".head.json")]

    def test_a_kill_between_a_line_and_its_head_is_no_finding(self, store, monkeypatch):
        write(store)
        with monkeypatch.context() as patch:
            patch.setattr(writing.files, "replace_file", lambda *_, **__: None)
            write(store, 2)
        assert found(store) == []
        write(store)
        assert found(store) == []
        assert len(said(store)) == 12

    def test_a_kill_between_the_first_line_of_a_day_and_its_head_is_no_finding(self, store, clock, monkeypatch):
        write(store)
        clock.at += timedelta(days=1)
        with monkeypatch.context() as patch:
            patch.setattr(writing.files, "replace_file", lambda *_, **__: None)
            write(store, 1)
        write(store, 1)
        clock.at += timedelta(days=1)
        write(store, 1)
        assert found(store) == []

    def test_half_a_line_that_a_kill_left_is_no_finding_and_spoils_no_other(self, store):
        write(store)
        with the_day(store).open("ab") as file:
            file.write(b'{"at":"2026-')
        assert found(store) == []
        write(store)
        assert found(store) == []
        assert len(said(store)) == 10

    def test_a_damaged_head_is_found_and_stops_no_journal(self, store):
        write(store)
        next(store.journal.glob("*.head.json")).write_bytes(b"{}")
        assert found(store)
        write(store)
        assert len(said(store)) == 10
        assert found(store) == []

    def test_processes_that_write_at_once_make_one_whole_chain(self, store):
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda number: run(store, 100, f"worker:{number}"), range(3)))
        assert len(journal.day_files(store)) == 1
        assert len(said(store)) == 300
        assert found(store) == []


def test_a_line_is_one_line_whatever_a_name_holds(store):
    record(store, "test.act", "test", "a", "two\nlines \u2028 \x00 \udcff")
    record(store, "test.act", "test", "b", 'quo"te')
    assert newest(store).name == 'quo"te'
    assert found(store) == []
