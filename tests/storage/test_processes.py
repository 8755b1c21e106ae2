"""The state machine of a process: its table, every forbidden transition, and random histories against a simple model."""

import itertools

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from storage import attempts, processes
from storage.attempts import Claim, Ended, Outcome
from storage.core import files
from storage.core.errors import Damaged, NotFound, Refused
from storage.core.ids import new_id
from storage.core.records import encode, now
from storage.plans import ApplyOutcome
from storage.processes import TRANSITIONS, State
from tests.runs import Runs

ACTIONS = tuple(TRANSITIONS)
START = {"start"}
ALLOWED = {
    State.CREATED: START,
    State.QUEUED: {"stop"},
    State.STARTING: {"stop"},
    State.RUNNING: {"stop"},
    State.STOPPING: set(),
    State.STOPPED: START,
    State.COMPLETED: {"apply"},
    State.FAILED: START,
    State.INTERRUPTED: {"start", "stop"},
    State.APPLYING: set(),
    State.APPLIED: {"rollback"},
    State.ROLLING_BACK: set(),
    State.ROLLED_BACK: {"apply"},
}
REMARKS = {
    (State.STOPPING, "stop"): "asked once is enough",
    (State.RUNNING, "start"): "one run at a time",
    (State.COMPLETED, "start"): "run again makes a new process",
    (State.APPLYING, "rollback"): "what is under way is finished first",
    (State.ROLLING_BACK, "apply"): "what is under way is finished first",
    (State.APPLIED, "apply"): "roll back first",
}
FORBIDDEN = [(state, action) for state, action in itertools.product(State, ACTIONS) if action not in ALLOWED[state]]
PERMITTED = [(state, action) for state, action in itertools.product(State, ACTIONS) if action in ALLOWED[state]]


def named(pair):
    return f"{pair[0]}-{pair[1]} {REMARKS.get(pair, '')}".strip()


@pytest.fixture
def runs(tmp_path):
    return Runs(tmp_path / "store")


def bring_to(runs, state):
    """A process brought to ``state`` by requests, attempts and applies, as people and workers do."""
    simple = {State.CREATED: runs.created, State.QUEUED: runs.queued, State.RUNNING: runs.running}
    if state in simple:
        return simple[state]()
    if state.value in list(Outcome):
        return runs.ended(Outcome(state.value))
    if state == State.STARTING:
        process = runs.queued()
        claim(runs, process)
        return again(runs, process)
    if state == State.STOPPING:
        return asked(runs, runs.running(), "stop")
    return labelled(runs, state)


def labelled(runs, state):
    process, apply = runs.ended(Outcome.COMPLETED), new_id()
    process = asked(runs, process, "apply", apply)
    if state == State.APPLYING:
        return process
    paths = runs.store.process(process.id).apply(apply)
    files.make_folder(paths.folder)
    done = encode(ApplyOutcome(changed=1, kept=(), at=now()))
    files.create_once(paths.applied, done)
    if state == State.APPLIED:
        return again(runs, process)
    process = asked(runs, again(runs, process), "rollback", apply)
    if state == State.ROLLED_BACK:
        files.create_once(paths.rolledback, done)
    return again(runs, process)


def asked(runs, process, action, apply=None):
    processes.ask(runs.store, process, action, "ann", apply=apply)
    return again(runs, process)


def again(runs, process):
    return processes.get(runs.store, process.id)


def claim(runs, process, request=1):
    word = Claim(machine=runs.machine.id, worker="w", host="h", pid=1, request=request, at=now())
    return attempts.claim(runs.store.process(process.id), word)


@pytest.mark.parametrize("state", State)
def test_every_state_follows_from_the_files_that_people_and_workers_leave(runs, state):
    assert bring_to(runs, state).state == state


@pytest.mark.parametrize("pair", FORBIDDEN, ids=named)
def test_what_a_state_forbids_is_refused_with_the_states_that_would_do(runs, pair):
    state, action = pair
    process = bring_to(runs, state)
    with pytest.raises(Refused, match=f"is {state.value}; what you ask for needs it to be one of:"):
        processes.ask(runs.store, process, action, "ann")
    assert again(runs, process).requests == process.requests


@pytest.mark.parametrize("pair", PERMITTED, ids=named)
def test_what_a_state_allows_is_recorded_and_leads_on(runs, pair):
    state, action = pair
    process = asked(runs, bring_to(runs, state), action, new_id())
    assert process.requests[-1].action == action
    assert process.state != state


def test_two_people_who_ask_at_once_get_one_order_and_the_second_is_told(runs):
    first = second = runs.running()
    processes.ask(runs.store, first, "stop", "ann")
    with pytest.raises(Refused, match="changed by somebody else at the same moment; look again before you ask for more"):
        processes.ask(runs.store, second, "stop", "bob")


def test_a_queued_process_that_is_stopped_never_ran(runs):
    process = asked(runs, runs.queued(), "stop")
    assert (process.state, process.attempts) == (State.STOPPED, ())


def test_an_interrupted_run_that_a_person_stops_is_stopped_and_stays_so(runs):
    process = asked(runs, runs.ended(Outcome.INTERRUPTED), "stop")
    assert (process.state, process.may_resume_itself) == (State.STOPPED, False)


@pytest.mark.parametrize(("deaths", "resumes"), [(1, True), (3, True), (4, False)])
def test_a_run_resumes_itself_three_times_and_again_after_a_person_asked(runs, deaths, resumes):
    process = runs.queued()
    for _ in range(deaths):
        attempts.end(claim(runs, process).paths, Ended(outcome=Outcome.INTERRUPTED, at=now(), died=True))
    process = again(runs, process)
    assert process.may_resume_itself == resumes
    process = asked(runs, process, "start")
    attempts.end(claim(runs, process, request=2).paths, Ended(outcome=Outcome.INTERRUPTED, at=now(), died=True))
    assert again(runs, process).may_resume_itself


def test_a_worker_that_was_shut_down_costs_no_automatic_resume(runs):
    process = runs.queued()
    for _ in range(6):
        attempts.end(claim(runs, process).paths, Ended(outcome=Outcome.INTERRUPTED, at=now()))
    assert again(runs, process).may_resume_itself


def test_a_damaged_process_is_listed_apart_and_hides_no_other(runs):
    damaged, good = runs.running(), runs.queued()
    (damaged.last.paths.claim).write_bytes(b"{}")
    found, broken = processes.list_processes(runs.store)
    assert [process.id for process in found] == [good.id]
    assert [type(error) for error in broken] == [Damaged]


def test_a_request_that_is_missing_before_others_is_damage_not_absence(runs):
    process = asked(runs, runs.running(), "stop")
    (runs.store.process(process.id).requests / "request.000001.json").unlink()
    with pytest.raises(Damaged, match="is missing, though a later one is there"):
        processes.get(runs.store, process.id)


def test_a_process_that_is_not_there_is_not_found(runs):
    with pytest.raises(NotFound, match="see the list of processes"):
        processes.get(runs.store, new_id())


def test_the_template_is_copied_in_so_that_later_changes_do_not_reach_the_process(runs):
    process = runs.created()
    assert process.spec.template == runs.template


class Histories(RuleBasedStateMachine):
    """Random people and workers; the model is the state, who holds an open attempt, and how many there were."""

    def __init__(self):
        super().__init__()
        import tempfile
        from pathlib import Path

        self.folder = tempfile.TemporaryDirectory()
        self.runs = Runs(Path(self.folder.name) / "store")
        self.process = self.runs.created()
        self.state, self.attempt, self.count, self.apply = State.CREATED, None, 0, None

    def teardown(self):
        self.folder.cleanup()

    @rule(action=st.sampled_from(ACTIONS))
    def ask(self, action):
        process = again(self.runs, self.process)
        apply = new_id() if action == "apply" else self.apply
        if action not in ALLOWED[self.state]:
            with pytest.raises(Refused):
                processes.ask(self.runs.store, process, action, "ann", apply=apply)
            return
        processes.ask(self.runs.store, process, action, "ann", apply=apply)
        stopped = State.STOPPING if self.attempt else State.STOPPED
        after = {"start": State.QUEUED, "stop": stopped, "apply": State.APPLYING, "rollback": State.ROLLING_BACK}
        self.state, self.apply = after[action], apply

    @rule()
    def claim(self):
        """A worker claims when it may, and gets nothing while an attempt is open."""
        process = again(self.runs, self.process)
        if self.attempt is not None:
            assert claim(self.runs, process) is None
        elif self.state == State.QUEUED:
            self.attempt = claim(self.runs, process, process.start_request.number)
            self.count += 1
            assert self.attempt.number == self.count
            self.state = State.STARTING

    @precondition(lambda self: self.attempt is not None)
    @rule()
    def begin(self):
        attempts.start(self.attempt.paths, 1)
        self.state = State.RUNNING if self.state == State.STARTING else self.state

    @precondition(lambda self: self.attempt is not None)
    @rule(outcome=st.sampled_from(Outcome))
    def end(self, outcome):
        """The attempt ends once; whoever comes second changes nothing."""
        assert attempts.end(self.attempt.paths, Ended(outcome=outcome, at=now()))
        assert not attempts.end(self.attempt.paths, Ended(outcome=Outcome.FAILED, at=now()))
        assert not attempts.start(self.attempt.paths, 2)
        stopped = self.state == State.STOPPING and outcome == Outcome.INTERRUPTED
        self.state, self.attempt = State.STOPPED if stopped else State(outcome.value), None

    @precondition(lambda self: self.state in (State.APPLYING, State.ROLLING_BACK))
    @rule()
    def carry_out(self):
        paths = self.runs.store.process(self.process.id).apply(self.apply)
        files.make_folder(paths.folder)
        applying = self.state == State.APPLYING
        files.create_once(paths.applied if applying else paths.rolledback, encode(ApplyOutcome(changed=0, kept=(), at=now())))
        self.state = State.APPLIED if applying else State.ROLLED_BACK

    @invariant()
    def the_files_say_what_the_model_says(self):
        process = again(self.runs, self.process)
        assert process.state == self.state
        assert sum(attempt.end is None for attempt in process.attempts) == (self.attempt is not None)
        assert len(process.attempts) == self.count


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
